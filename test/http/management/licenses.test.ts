import { expect, test } from 'bun:test'
import { STEPS_PER_TURN } from '~/turns.ts'
import { openTestApp, type TestResponse } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'
import { countTurns } from '../../support/turns.ts'

const path = '/api/v1/licenses'
const order = { plan: 'professional', customer_email: 'dev@example.com' }
const keyShape = /^TO(?:-[0-9A-HJKMNP-TV-Z]{4}){4}$/

/** A license of the plan `professional`, created when the test clock starts. */
const fresh = {
  id: expect.stringMatching(/^lic_[0-9a-z]{26}$/),
  key: expect.stringMatching(keyShape),
  status: 'active',
  product: 'default',
  plan: 'professional',
  features: {},
  overrides: [],
  customer_email: 'dev@example.com',
  customer_name: null,
  max_domains: 3,
  domains: [],
  domains_count: 0,
  max_devices: 5,
  devices: 0,
  max_seats: null,
  created_at: '2026-03-06T00:00:00Z',
  updated_at: '2026-03-06T00:00:00Z',
  expires_at: null,
  activated_at: null,
  suspended_at: null,
  suspension_reason: null,
  suspension_cause: null,
  revoked_at: null,
  last_validated_at: null,
  validation_count: 0,
  metadata: {},
  external_ref: null,
  purchase: null,
  version: 1,
}

test('licenses: a new license has exactly the documented fields', async () => {
  await using app = await openTestApp()
  const { status, headers, body } = await app.send('POST', path, order)
  expect(body).toEqual(fresh)
  expect(status).toBe(201)
  expect(headers.get('content-type')).toStartWith('application/json')
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('licenses: GET returns the license as created, with its version as ETag', async () => {
  await using app = await openTestApp()
  const license = await app.createLicense()
  const { status, headers, body } = await app.send('GET', `${path}/${license.id}`)
  expect(body).toEqual(license)
  expect(status).toBe(200)
  expect(headers.get('etag')).toBe('"1"')
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('licenses: values given at creation override the plan', async () => {
  await using app = await openTestApp()
  const features = { sso: true, projects: 10, tier: 'gold' }
  await app.send('PUT', '/api/v1/plans/professional', { features: { sso: false, chat: true } })
  const given = {
    customer_name: 'Ann Example',
    max_domains: 0,
    max_devices: null,
    max_seats: 7,
    metadata: { order: 'A-1009', count: 3, paid: true, note: null },
    external_ref: 'sub_123',
  }
  const license = await app.createLicense({
    ...given,
    features,
    expires_at: '2027-03-06T12:34:56.789+02:00',
    customer_email: 'Dev@EXAMPLE.com',
  })
  expect(license).toEqual({
    ...fresh,
    ...given,
    features: { ...features, chat: true },
    overrides: ['features', 'max_domains', 'max_devices', 'max_seats'],
    expires_at: '2027-03-06T10:34:56Z',
  })
})

test('licenses: duration_days sets the expiration unless expires_at is given', async () => {
  await using app = await openTestApp()
  await app.send('PUT', '/api/v1/plans/starter', { duration_days: 365 })
  const ends = async (fields: object) =>
    (await app.createLicense({ plan: 'starter', ...fields })).expires_at
  expect(await ends({})).toBe('2027-03-06T00:00:00Z')
  expect(await ends({ expires_at: '2026-04-01T00:00:00Z' })).toBe('2026-04-01T00:00:00Z')
  expect(await ends({ expires_at: null })).toBeNull()
})

test('licenses: domains given at creation are activated at once', async () => {
  await using app = await openTestApp()
  const domains = ['https://WWW.Example.com/shop', 'example.com', 'localhost', 'müller.de.']
  const license = await app.createLicense({ domains })
  expect(license).toMatchObject({ domains: ['example.com', 'xn--mller-kva.de'], domains_count: 2 })
  const created = ['license.created', 'activation.created', 'activation.created']
  expect(await app.database.readEventTypes()).toEqual(created)

  const tooMany = await app.send('POST', path, {
    ...order,
    domains: ['a.de', 'b.de', 'c.de', 'd.de'],
  })
  expectProblem(tooMany, 422, 'validation_failed', ['/domains'])
  const invalid = await app.send('POST', path, { ...order, domains: ['a.de', 'co.uk'] })
  expectProblem(invalid, 422, 'validation_failed', ['/domains/1'])
  expect(await app.database.readEventTypes()).toEqual(created)
})

test('licenses: a license shows its 100 oldest domains and their count', async () => {
  await using app = await openTestApp()
  const domains = Array.from({ length: 101 }, (_, index) => `d${index}.example.com`)
  const license = await app.createLicense({ plan: 'enterprise', domains })
  expect(license.domains).toEqual(domains.slice(0, 100))
  expect(license.domains_count).toBe(101)
})

test('licenses: one request activates at most 1000 domains over all its licenses', async () => {
  await using app = await openTestApp()
  const domains = Array.from({ length: 501 }, (_, index) => `d${index}.example.com`)
  const body = { ...order, plan: 'enterprise', domains, quantity: 2 }
  expectProblem(await app.send('POST', path, body), 422, 'validation_failed', ['/domains'])
  expect(await app.database.readEventTypes()).toEqual([])
})

test('licenses: quantity creates that many licenses, each with its own key and event', async () => {
  await using app = await openTestApp()
  const { status, body } = await app.send('POST', path, { ...order, quantity: 3 })
  expect(body).toEqual({ data: [fresh, fresh, fresh] })
  expect(status).toBe(201)
  expect(new Set(body.data.map(({ key }: { key: string }) => key)).size).toBe(3)
  expect(await app.database.readEventTypes()).toEqual(Array(3).fill('license.created'))

  const one = await app.send('POST', path, { ...order, quantity: 1 })
  expect(one.body).toEqual({ data: [fresh] })
})

test('licenses: one request cannot store a thousand copies of long metadata', async () => {
  await using app = await openTestApp()
  const body = { ...order, metadata: { note: 'x'.repeat(1500) } }
  const refused = await app.send('POST', path, { ...body, quantity: 1000 })
  expectProblem(refused, 422, 'validation_failed', ['/quantity'])
  const quantity = Number(/at most (\d+) licenses/.exec(refused.body.detail)?.[1])
  const { body: created } = await app.send('POST', path, { ...body, quantity })
  expect(created.data).toHaveLength(quantity)
  expect(await app.database.readEventTypes()).toHaveLength(quantity)
})

test('licenses: quantity is at most 1000', async () => {
  await using app = await openTestApp()
  const { body } = await app.send('POST', path, { ...order, quantity: 1000 })
  expect(body.data).toHaveLength(1000)
  for (const quantity of [0, 1001, 1.5, '3']) {
    const refused = await app.send('POST', path, { ...order, quantity })
    expectProblem(refused, 422, 'validation_failed', ['/quantity'])
  }
  expect(await app.database.readEventTypes()).toHaveLength(1000)
})

test('license batch: keys, writes and the response are made in steps, and a replay returns the same', async () => {
  await using app = await openTestApp()
  const quantity = 200
  const send = () =>
    app.send('POST', `${path}/batch`, { ...order, quantity }, { 'idempotency-key': 'batch-1' })
  let first: TestResponse | undefined
  const { turns } = await countTurns(async () => {
    first = await send()
  })
  // Each license takes at least five: its key, its row, its event, reading it, and presenting it.
  expect(turns).toBeGreaterThanOrEqual((quantity * 5) / STEPS_PER_TURN)
  expect(first?.body).toEqual({ data: Array(quantity).fill(fresh) })
  const replay = await send()
  expect(replay.status).toBe(201)
  expect(replay.text).toBe(first?.text ?? '')
  expect(replay.headers.get('idempotency-replayed')).toBe('true')
  expect(replay.headers.get('content-type')).toBe('application/json')
  expect(await app.database.readEventTypes()).toHaveLength(quantity)
})

test('license batch: always returns a list, each license with its own key and event', async () => {
  await using app = await openTestApp()
  for (const quantity of [3, 1]) {
    const { status, body } = await app.send('POST', `${path}/batch`, { ...order, quantity })
    expect({ status, body }).toEqual({ status: 201, body: { data: Array(quantity).fill(fresh) } })
    expect(new Set(body.data.map(({ key }: { key: string }) => key)).size).toBe(quantity)
  }
  expect(await app.database.readEventTypes()).toEqual(Array(4).fill('license.created'))
})

test('license batch: needs a quantity of 1–1000, an existing plan, and at most one per key', async () => {
  await using app = await openTestApp()
  const key = 'an-imported-key-of-ours'
  const cases: [change: object, pointer: string][] = [
    [{}, '/quantity'],
    ...[null, 0, 1001, 1.5, '3'].map((quantity): [object, string] => [{ quantity }, '/quantity']),
    [{ quantity: 2, plan: 'nope' }, '/plan'],
    [{ quantity: 2, key }, '/quantity'],
    [{ quantity: 2, nope: 1 }, '/nope'],
  ]
  for (const [change, pointer] of cases) {
    const rejected = await app.send('POST', `${path}/batch`, { ...order, ...change })
    expectProblem(rejected, 422, 'validation_failed', [pointer])
  }
  expect(await app.database.readEventTypes()).toEqual([])
  const { body } = await app.send('POST', `${path}/batch`, { ...order, quantity: 1, key })
  expect(body.data).toMatchObject([{ key }])
})

test('licenses: every route returns 404 for an unknown id', async () => {
  await using app = await openTestApp()
  const id = 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k'
  const wanted = [
    ['GET', ''],
    ['PUT', '', {}],
    ['DELETE', ''],
    ['POST', '/suspend'],
    ['POST', '/reinstate'],
    ['POST', '/revoke'],
    ['POST', '/renew'],
    ['POST', '/rotate-key'],
    ['GET', '/events'],
    ['GET', '/explain'],
  ] as const
  for (const [method, action, body] of wanted) {
    expectProblem(await app.send(method, `${path}/${id}${action}`, body), 404, 'not_found')
  }
  expect(await app.database.readEventTypes()).toEqual([])
})
