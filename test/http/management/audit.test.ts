import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openTestApp, type TestApp, type TestResponse } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'
import { openShop } from '../../support/shop.ts'

const path = '/api/v1/audit'
const licenses = '/api/v1/licenses'
const secretUrl = 'https://user:fake-password@hooks.example/fake-token?key=fake-secret'

let app: TestApp
beforeAll(async () => {
  app = await openTestApp()
})
afterAll(() => app.close())

type Entry = TestResponse['body']

async function list(query = ''): Promise<Entry[]> {
  const { status, body } = await app.send('GET', `${path}?limit=100${query}`)
  expect(status).toBe(200)
  return body.data
}

/** Runs a command, and returns its response and the entries it has added, oldest first. */
async function record(run: () => Promise<TestResponse>) {
  const [last] = await list()
  const { status, body, headers } = await run()
  expect(status).toBeLessThan(300)
  const entries = await list(`&after=${last?.number ?? 0}`)
  return { body, headers, entries }
}

const send = (method: string, to: string, body?: unknown) => () => app.send(method, to, body)

test('audit: an entry names the API key and the request, and shows the fields before and after', async () => {
  const { id } = await app.createLicense({ customer_email: 'ann@example.com' })
  const { entries, headers } = await record(
    send('POST', `${licenses}/${id}/suspend`, { reason: 'chargeback' }),
  )
  expect(entries).toHaveLength(1)
  expect(entries[0]).toMatchObject({
    actor: { kind: 'key', id: expect.stringMatching(/^key_/), name: expect.any(String) },
    request_id: headers.get('x-request-id'),
    action: 'license.update',
    subject_id: id,
    before: { suspended_at: null, suspension_reason: null },
    after: { suspended_at: expect.stringMatching(/Z$/), suspension_reason: 'chargeback' },
    erased: false,
  })
})

test('audit: each management command adds exactly one entry, and a read none', async () => {
  const { id, key } = await app.createLicense({ customer_email: 'ann@example.com' })
  await app.callAsClient('activate', { key, fingerprint: 'mac' })
  const { body: devices } = await app.send('GET', `${licenses}/${id}/activations`)
  const { body: product } = await app.send('GET', '/api/v1/products')
  const steps: readonly [method: string, to: string, body: unknown, action: string][] = [
    ['PUT', `${licenses}/${id}`, { customer_name: 'Ann' }, 'license.update'],
    ['POST', `${licenses}/${id}/suspend`, {}, 'license.update'],
    ['POST', `${licenses}/${id}/reinstate`, {}, 'license.update'],
    ['POST', `${licenses}/${id}/rotate-key`, {}, 'license.rekey'],
    [
      'DELETE',
      `${licenses}/${id}/activations/${devices.data[0].id}`,
      undefined,
      'activation.delete',
    ],
    ['POST', `${licenses}/${id}/revoke`, {}, 'license.update'],
    [
      'POST',
      '/api/v1/plans',
      { slug: 'audited', product: product.data[0].slug, name: 'Audited' },
      'plan.create',
    ],
    ['PUT', '/api/v1/plans/audited', { name: 'Renamed' }, 'plan.update'],
    ['DELETE', '/api/v1/plans/audited', undefined, 'plan.delete'],
    ['POST', '/api/v1/keys', { name: 'audited', scopes: ['audit:read'] }, 'api_key.create'],
  ]
  for (const [method, to, body, action] of steps) {
    const { entries } = await record(send(method, to, body))
    expect(entries.map((entry: Entry) => entry.action)).toEqual([action])
  }
  expect((await record(send('GET', `${licenses}/${id}`))).entries).toEqual([])
})

test('audit: a bulk creation adds an entry for each license', async () => {
  const { entries } = await record(
    send('POST', licenses, {
      plan: 'professional',
      quantity: 3,
      customer_email: 'ann@example.com',
    }),
  )
  expect(entries.map((entry: Entry) => entry.action)).toEqual(Array(3).fill('license.create'))
})

test('audit: contains no license key, token, webhook secret or webhook URL', async () => {
  const { key, id } = await app.createLicense()
  const rotated = await app.send('POST', `${licenses}/${id}/rotate-key`, {})
  const token = await app.tokenWith('plans:read')
  const hook = await app.send('POST', '/api/v1/webhooks', { url: secretUrl, events: ['*'] })
  const url = hook.status === 201 ? secretUrl : 'https://hooks.example/fake-token?key=fake-secret'
  const created =
    hook.status === 201 ? hook : await app.send('POST', '/api/v1/webhooks', { url, events: ['*'] })
  expect(created.status).toBe(201)
  const { id: hookId, secret } = created.body
  const { body } = await app.send('POST', `/api/v1/webhooks/${hookId}/rotate-secret`, {})
  const text = JSON.stringify([await list(), (await app.database.readRows()).audit])
  expect(text).toContain('https://hooks.example/…')
  expect(secret).toStartWith('whsec_')
  for (const hidden of [key, rotated.body.key, token, secret, body.secret, 'fake-']) {
    expect(text).not.toContain(hidden)
  }
})

test('audit: an erased customer is gone from it, and the chain is complete', async () => {
  const person = { customer_email: 'eve@example.com', customer_name: 'Eve Example' }
  const { id } = await app.createLicense({ ...person, metadata: { note: 'Eve wrote to us' } })
  const former = await app.createLicense(person)
  const bob = { customer_email: 'bob@example.com', customer_name: 'Bob' }
  await app.send('PUT', `${licenses}/${former.id}`, bob)
  await app.send('PUT', `${licenses}/${former.id}`, { customer_name: 'Bob Bixby' })
  await app.send('POST', '/api/v1/customers/erase', { customer_email: 'Eve@example.com' })
  expect(JSON.stringify(await list())).not.toMatch(/eve@|eve example|eve wrote/i)
  const [created] = (await list(`&subject_id=${id}`)).toReversed()
  expect(created).toMatchObject({ action: 'license.create', erased: true })
  expect(created.after).toMatchObject({ plan: 'professional' })
  const [renamed] = await list(`&subject_id=${former.id}`)
  expect(renamed).toMatchObject({ after: { customer_name: 'Bob Bixby' }, erased: false })
  expect(await app.database.isAuditIntact()).toBe(true)
})

test('audit: is listed in pages, with filters, and needs audit:read', async () => {
  const first = await app.send('GET', `${path}?limit=1&action=license.*`)
  const cursor = first.body.next_cursor
  const second = await app.send('GET', `${path}?limit=1&action=license.*&cursor=${cursor}`)
  expect(second.body.data[0].number).toBeLessThan(first.body.data[0].number)
  expect(await list('&from=2099-01-01T00:00:00Z')).toEqual([])
  expect(await list('&to=2000-01-01T00:00:00Z')).toEqual([])
  expect(await list('&actor=nobody')).toEqual([])
  expectProblem(await app.send('GET', `${path}?from=today`), 422, 'validation_failed', ['?from'])
  expectProblem(await app.send('GET', `${path}?after=-1`), 422, 'validation_failed', ['?after'])
  const authorization = (token: string) => ({ authorization: `Bearer ${token}` })
  const other = authorization(await app.tokenWith('events:read'))
  expectProblem(await app.send('GET', path, undefined, other), 403, 'missing_scope')
  const reader = authorization(await app.tokenWith('audit:read'))
  expect((await app.send('GET', path, undefined, reader)).status).toBe(200)
})

test('audit: a license from a shop has one entry, which names the shop, and the calls of apps have none', async () => {
  await using shop = await openShop('standard')
  await shop.deliver({
    type: 'paid',
    occurred_at: '2026-03-06T00:00:00Z',
    order_id: '1001',
    customer: { email: 'ann@example.com' },
    items: [{ plan: 'professional' }],
  })
  const [license] = await shop.licensesOf('ann@example.com')
  await shop.app.callAsClient('activate', { key: license.key, fingerprint: 'mac' })
  const { body } = await shop.app.send('GET', `${path}?subject_id=${license.id}`)
  expect(body.data).toHaveLength(1)
  expect(body.data[0]).toMatchObject({
    actor: { kind: 'checkout', id: 'standard', name: null },
    action: 'license.create',
  })
  const byShop = await shop.app.send('GET', `${path}?actor=standard`)
  expect(byShop.body.data).toHaveLength(1)
})
