import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { TestResponse } from '../../support/app.ts'
import type { Browser } from '../../support/browser.ts'
import { openPortal, PORTAL, type Portal } from '../../support/portal.ts'
import { expectProblem } from '../../support/problems.ts'

const LICENSES = `${PORTAL}/licenses`
const DAY_MS = 86_400_000

let portal: Portal
let ann: TestResponse['body']
let bob: TestResponse['body']
let byMail: Browser
let byKey: Browser
beforeAll(async () => {
  portal = await openPortal({ LICET_RENEW_URL: 'https://a.io/renew?l={license}&p={plan}' })
  await portal.send('POST', '/api/v1/plans', {
    slug: 'sold',
    product: 'default',
    name: 'Sold',
    max_devices: 2,
    max_seats: 3,
    duration_days: 30,
    grace_days: 7,
    features: { sso: true },
    deactivations_max_per_30_days: 2,
    offline: {},
  })
  const order = { plan: 'sold', customer_name: 'Ann', metadata: { note: 'internal' } }
  ann = await portal.createLicense({ ...order, customer_email: 'ann@example.com' })
  bob = await portal.createLicense({ ...order, customer_email: 'bob@example.com' })
  byMail = await portal.enter({ email: 'ann@example.com' })
  byKey = await portal.enter({ key: ann.key })
})
afterAll(() => portal.close())

const activate = (key: string, fingerprint: string) =>
  portal.callAsClient('activate', { key, fingerprint, name: `PC ${fingerprint}` })

/** Returns the activation of a device as the customer sees it. */
async function findDevice(browser: Browser, id: string, fingerprint: string) {
  const { body } = await browser.send('GET', `${LICENSES}/${id}/activations`)
  return body.data.find(({ value }: { value: string }) => value === fingerprint)
}

test('portal licenses: a license is shown with its terms, and without what only concerns the vendor', async () => {
  await portal.callAsClient('seats/acquire', { key: ann.key, fingerprint: 'a-seat' })
  const { status, body } = await byMail.send('GET', `${LICENSES}/${ann.id}`)
  expect(status).toBe(200)
  expect(body).toEqual({
    id: ann.id,
    key: expect.stringMatching(/^TO-.*\*.*[0-9A-Z]{4}$/),
    status: 'active',
    product: { slug: 'default', name: expect.any(String) },
    plan: { slug: 'sold', name: 'Sold' },
    features: { sso: true },
    customer_email: 'ann@example.com',
    created_at: '2026-03-06T00:00:00Z',
    expires_at: '2026-04-05T00:00:00Z',
    ends_at: '2026-04-12T00:00:00Z',
    suspension_cause: null,
    limits: {
      domains: { allowed: null, used: 0 },
      devices: { allowed: 2, used: 0 },
      seats: { allowed: 3, used: 1 },
    },
    self_deactivation: { allowed: true, limit: 2, used: 0, next_at: null },
    license_files: true,
    renew_url: `https://a.io/renew?l=${ann.id}&p=sold`,
  })
})

test('portal licenses: one that never ends, and a revoked one, cannot be renewed', async () => {
  const customer_email = 'carl@example.com'
  const lasting = await portal.createLicense({ plan: 'sold', customer_email, expires_at: null })
  const revoked = await portal.createLicense({ plan: 'sold', customer_email })
  await portal.send('POST', `/api/v1/licenses/${revoked.id}/revoke`, {})
  for (const { id, key } of [lasting, revoked]) {
    const browser = await portal.enter({ key })
    const { body } = await browser.send('GET', `${LICENSES}/${id}`)
    expect(body).toMatchObject({ id, renew_url: null })
  }
})

test('portal licenses: a session by key has its license only, with a masked address', async () => {
  const { body } = await byKey.send('GET', LICENSES)
  expect(body).toMatchObject({
    data: [{ id: ann.id, customer_email: 'a…@e….com' }],
    next_cursor: null,
  })
  const one = await byKey.send('GET', `${LICENSES}/${ann.id}`)
  expect(one.body).toEqual(body.data[0])
  expect(one.text).not.toContain('ann@')
})

test('portal licenses: a session by email has all licenses of the address, in pages, and no other', async () => {
  const second = await portal.createLicense({ plan: 'sold', customer_email: 'Ann@Example.com' })
  await portal.createLicense({ plan: 'sold', customer_email: 'joann@example.com' })
  const first = await byMail.send('GET', `${LICENSES}?limit=1`)
  expect(first.body.data.map(({ id }: { id: string }) => id)).toEqual([second.id])
  const { next_cursor: cursor } = first.body
  const next = await byMail.send('GET', `${LICENSES}?limit=1&cursor=${cursor}`)
  expect(next.body).toMatchObject({ data: [{ id: ann.id }], next_cursor: null })
  const bobs = await portal.enter({ email: 'bob@example.com' })
  const foreign = await bobs.send('GET', `${LICENSES}?limit=1&cursor=${cursor}`)
  expectProblem(foreign, 400, 'invalid_cursor')
  // A license that gets another address is not shown any more.
  await portal.send('PUT', `/api/v1/licenses/${second.id}`, { customer_email: 'new@example.com' })
  expect((await byMail.send('GET', LICENSES)).body.data).toHaveLength(1)
  expectProblem(await byMail.send('GET', `${LICENSES}/${second.id}`), 404, 'not_found')
})

test('portal licenses: those of others get the same 404 as unknown ones, and nothing changes', async () => {
  await activate(bob.key, 'device-of-bob')
  const [activation] = (await portal.send('GET', `/api/v1/licenses/${bob.id}/activations`)).body
    .data
  const calls = [
    ['GET', '', undefined],
    ['GET', '/activations', undefined],
    ['GET', '/seats', undefined],
    ['GET', '/files', undefined],
    ['POST', '/key', {}],
    ['POST', '/file', { fingerprint: 'a-device' }],
    ['POST', '/return', { code: '7Q4MX-0ZD9K' }],
    ['DELETE', `/activations/${activation.id}`, undefined],
  ] as const
  const before = await portal.send('GET', `/api/v1/licenses/${bob.id}`)
  for (const browser of [byMail, byKey]) {
    for (const [method, path, body] of calls) {
      const answers = []
      for (const id of [bob.id, 'lic_00000000000000000000000000', '%zz', '%00', "'"]) {
        const answer = await browser.send(method, `${LICENSES}/${id}${path}`, body)
        expectProblem(answer, 404, 'not_found')
        answers.push(answer.body.detail)
      }
      expect(new Set(answers)).toEqual(new Set(['No such license.']))
    }
  }
  // An activation of someone else under one's own license is unknown as well.
  const mixed = `${LICENSES}/${ann.id}/activations/${activation.id}`
  expectProblem(await byMail.send('DELETE', mixed), 404, 'not_found')
  expect((await portal.send('GET', `/api/v1/licenses/${bob.id}`)).body).toEqual(before.body)
})

test('portal licenses: the key is shown after a sign-in by email only, and that is audited', async () => {
  const refused = await byKey.send('POST', `${LICENSES}/${ann.id}/key`, {})
  expectProblem(refused, 403, 'email_sign_in_required')
  const { status, body } = await byMail.send('POST', `${LICENSES}/${ann.id}/key`)
  expect([status, body]).toEqual([200, { key: ann.key }])
  const { body: audit } = await portal.send('GET', '/api/v1/audit?action=license.reveal')
  expect(audit.data).toHaveLength(1)
  expect(audit.data[0]).toMatchObject({ actor: { kind: 'customer' }, subject_id: ann.id })
})

test('portal activations: a released device frees its slot, is audited, and appends the event of a deactivation', async () => {
  const { id, key } = await portal.createLicense({ plan: 'sold', customer_email: 'cy@example.com' })
  const customer = await portal.enter({ email: 'cy@example.com' })
  await activate(key, 'one')
  const device = await findDevice(customer, id, 'one')
  expect(device).toMatchObject({ kind: 'device', name: 'PC one', last_seen_at: expect.any(String) })
  const path = `${LICENSES}/${id}/activations/${device.id}`
  const { status, body } = await customer.send('DELETE', path)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    limits: { devices: { used: 0 } },
    self_deactivation: { used: 1, next_at: null },
  })
  expect(await portal.eventTypesOf(id)).toEqual([
    'license.created',
    'activation.created',
    'activation.deleted',
  ])
  expectProblem(await customer.send('DELETE', path), 404, 'not_found')
  const { body: audit } = await portal.send('GET', `/api/v1/audit?subject_id=${id}`)
  expect(audit.data[0].actor).toMatchObject({ kind: 'customer', name: null })
})

test('portal activations: the limit of the plan counts apps and the portal, and the next time is known', async () => {
  const { id, key } = await portal.createLicense({ plan: 'sold', customer_email: 'di@example.com' })
  const customer = await portal.enter({ key })
  await activate(key, 'one')
  await portal.callAsClient('deactivate', { key, fingerprint: 'one' })
  portal.clock.advanceMs(60_000)
  await activate(key, 'two')
  const two = await findDevice(customer, id, 'two')
  expect((await customer.send('DELETE', `${LICENSES}/${id}/activations/${two.id}`)).status).toBe(
    200,
  )
  await activate(key, 'three')
  const three = await findDevice(customer, id, 'three')
  const path = `${LICENSES}/${id}/activations/${three.id}`
  const refused = await customer.send('DELETE', path)
  expect(refused.status).toBe(409)
  expect(refused.body.code).toBe('DEACTIVATION_LIMIT_REACHED')
  const { self_deactivation: budget } = (await customer.send('GET', `${LICENSES}/${id}`)).body
  expect(budget).toMatchObject({ allowed: true, limit: 2, used: 2 })
  expect(refused.body.details).toEqual({ limit: 2, used: 2, nextAt: budget.next_at })
  portal.clock.advanceMs(Date.parse(budget.next_at) - portal.clock.nowMs())
  const later = await portal.enter({ key })
  expect((await later.send('DELETE', path)).status).toBe(200)
})

test('portal activations: a plan without self_deactivation refuses a release, and says so beforehand', async () => {
  await portal.send('POST', '/api/v1/plans', {
    slug: 'fixed',
    product: 'default',
    name: 'Fixed',
    self_deactivation: false,
  })
  const { id, key } = await portal.createLicense({ plan: 'fixed' })
  const customer = await portal.enter({ key })
  await activate(key, 'one')
  const license = (await customer.send('GET', `${LICENSES}/${id}`)).body
  expect(license.self_deactivation).toEqual({ allowed: false, limit: null, used: 0, next_at: null })
  const { id: activationId } = await findDevice(customer, id, 'one')
  const refused = await customer.send('DELETE', `${LICENSES}/${id}/activations/${activationId}`)
  expect([refused.status, refused.body.code]).toEqual([403, 'SELF_DEACTIVATION_DISABLED'])
  expect(await findDevice(customer, id, 'one')).toBeDefined()
})

test('portal activations: seats in use are listed, without those whose lease has ended', async () => {
  const { id, key } = await portal.createLicense({ plan: 'sold' })
  const customer = await portal.enter({ key })
  const seat = { key, fingerprint: 'a-seat', name: 'Workstation' }
  await portal.callAsClient('seats/acquire', seat)
  const { body } = await customer.send('GET', `${LICENSES}/${id}/seats`)
  expect(body.data).toMatchObject([{ fingerprint: 'a-seat', name: 'Workstation' }])
  portal.clock.advanceMs(3_600_000)
  expect((await customer.send('GET', `${LICENSES}/${id}/seats`)).body.data).toEqual([])
  const { limits } = (await customer.send('GET', `${LICENSES}/${id}`)).body
  expect(limits.seats).toEqual({ allowed: 3, used: 0 })
})

test('portal licenses: a suspended, expired or revoked one is shown with its status', async () => {
  const customer_email = 'ed@example.com'
  const { id, key } = await portal.createLicense({ plan: 'sold', customer_email })
  const statusOf = async () => {
    const customer = await portal.enter({ key })
    const { status, suspension_cause } = (await customer.send('GET', `${LICENSES}/${id}`)).body
    return [status, suspension_cause]
  }
  await portal.send('POST', `/api/v1/licenses/${id}/suspend`, { reason: 'a secret reason' })
  expect(await statusOf()).toEqual(['suspended', 'operator'])
  await portal.send('POST', `/api/v1/licenses/${id}/reinstate`)
  portal.clock.advanceMs(37 * DAY_MS)
  expect(await statusOf()).toEqual(['expired', null])
  await portal.send('POST', `/api/v1/licenses/${id}/revoke`)
  expect(await statusOf()).toEqual(['revoked', null])
})

test('portal licenses: unknown and repeated query parameters, and too large pages, get 422', async () => {
  const customer = await portal.enter({ key: ann.key })
  for (const query of ['?customer_email=bob@example.com', '?limit=101', '?limit=0']) {
    expect((await customer.send('GET', `${LICENSES}${query}`)).status).toBe(422)
  }
})
