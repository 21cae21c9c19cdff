import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { buildPayment, processAll, processEvent, sendEvent } from '../../support/checkout.ts'
import { openMailApp } from '../../support/mail-server.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/checkout/sessions'
const page = { authorization: undefined, origin: 'https://shop.example', cookie: 'a=b' }

let app: TestApp
beforeAll(async () => {
  app = await openTestApp()
  await app.send('POST', '/api/v1/checkout/rules', { price: 'price_1', plan: 'professional' })
})
afterAll(() => app.close())

const read = (id: string, provider = 'standard') =>
  app.send('GET', `${path}/${provider}/${id}`, undefined, page)

let count = 0
const createId = () => `a-session-of-a-test-${++count}`
const createOrderId = () => `order-${++count}`

/** Buys a license and returns its session. */
async function buy(fields: object = {}): Promise<string> {
  const session_id = createId()
  await processEvent(app, buildPayment(app, { order_id: createOrderId(), session_id, ...fields }))
  return session_id
}

test('thank-you page: it is pending from before the payment until the event is processed, then has the keys', async () => {
  const session_id = createId()
  for (let asked = 0; asked < 100; asked += 1) {
    const { status, body, headers } = await read(session_id)
    expect({ status, body }).toEqual({ status: 202, body: { state: 'pending', retry_after: 2 } })
    expect(headers.get('retry-after')).toBe('2')
  }
  const items = [{ price: 'price_1', quantity: 2 }]
  await sendEvent(app, buildPayment(app, { order_id: createOrderId(), session_id, items }))
  expect((await read(session_id)).status).toBe(202)
  await processAll(app)
  const { status, body, headers } = await read(session_id)
  expect(status).toBe(200)
  const key = expect.stringMatching(/^TO(?:-[0-9A-Z]{4}){4}$/)
  const license = { key, product: 'default', plan: 'professional', expires_at: null }
  expect(body).toEqual({ state: 'ready', licenses: [license, license] })
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('access-control-allow-credentials')).toBeNull()
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('set-cookie')).toBeNull()
  for (const { key: shown } of body.licenses) {
    expect((await app.validate({ key: shown })).body.valid).toBe(true)
  }
})

test('thank-you page: the keys can be read ten times, also at the same time', async () => {
  const id = await buy()
  const responses = await Promise.all(Array.from({ length: 20 }, () => read(id)))
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(10)
  const over = responses.filter(({ status }) => status === 410)
  expect(over).toHaveLength(10)
  for (const response of over) {
    expectProblem(response, 410, 'gone')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.text).not.toContain('TO-')
  }
})

test('thank-you page: once the keys can no longer be read, it mentions email only if mail is sent', async () => {
  await using mailing = await openMailApp('smtp://127.0.0.1:1')
  for (const [each, names] of [
    [app, false],
    [mailing, true],
  ] as const) {
    await each.send('POST', '/api/v1/checkout/rules', { price: 'price_1', plan: 'professional' })
    const session_id = createId()
    await processEvent(each, buildPayment(each, { order_id: createOrderId(), session_id }))
    each.clock.advanceMs(3_600_000)
    const over = await each.send('GET', `${path}/standard/${session_id}`, undefined, page)
    expectProblem(over, 410, 'gone')
    expect([over.body.detail.includes('email'), over.body.detail]).toEqual([
      names,
      expect.stringContaining('Ask the seller'),
    ])
  }
})

test('thank-you page: the hour starts when the purchase is processed', async () => {
  const session_id = createId()
  const event = buildPayment(app, { order_id: createOrderId(), session_id })
  await sendEvent(app, event)
  app.clock.advanceMs(3 * 86_400_000)
  await processAll(app)
  app.clock.advanceMs(3_599_000)
  expect((await read(session_id)).status).toBe(200)
  app.clock.advanceMs(1000)
  expectProblem(await read(session_id), 410, 'gone')
  await sendEvent(app, { ...event, id: 'again' })
  await processAll(app)
  expectProblem(await read(session_id), 410, 'gone')
})

test('thank-you page: the key of a revoked license is not shown', async () => {
  const id = await buy({ items: [{ price: 'price_1', quantity: 2 }] })
  const { body: found } = await app.send('GET', `/api/v1/checkout/events?limit=1`)
  const [licenseId] = found.data[0].effects.flatMap(
    ({ license_ids: ids }: { license_ids: string[] }) => ids,
  )
  await app.send('POST', `/api/v1/licenses/${licenseId}/revoke`)
  expect((await read(id)).body.licenses).toHaveLength(1)
})

test('thank-you page: a purchase that needs the vendor stays pending, with a hint', async () => {
  const id = await buy({ items: [{ price: 'price_of_no_rule' }] })
  const { status, body } = await read(id)
  expect(status).toBe(202)
  expect(body).toMatchObject({ state: 'pending', hint: expect.stringMatching(/^[A-Z].*\.$/) })
  expect(body.retry_after).toBeGreaterThan(10)
  await app.send('POST', '/api/v1/checkout/rules', { price: 'price_of_no_rule', plan: 'starter' })
  await processAll(app)
  expect((await read(id)).body).toMatchObject({ state: 'ready', licenses: [{ plan: 'starter' }] })
})

test('thank-you page: IDs that can be guessed, or are malformed, get 404', async () => {
  const ids: [provider: string, id: string][] = [
    ['lemonsqueezy', '1009'],
    ['lemonsqueezy', '8a6e0804-2bd0-4672-b79d'],
    ['stripe', '1009'],
    ['stripe', 'pi_1TQ0aB2eZvKYlo2C'],
    ['stripe', 'cs_'],
    ['paddle', '1009'],
    ['paddle', 'txn_1'],
    ['polar', '1009'],
    ['standard', '1009'],
    ['standard', '1234567890123456'],
    ['standard', '%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20'],
    ['standard', '%'],
    ['standard', 'x'.repeat(256)],
    ['gumroad', '8a6e0804-2bd0-4672-b79d-d97027f9071a'],
  ]
  for (const [provider, id] of ids) {
    const response = await read(id, provider)
    expect([id, response.status]).toEqual([id, 404])
    expectProblem(response, 404, 'not_found')
  }
  const wellFormed = [
    ['lemonsqueezy', '8a6e0804-2bd0-4672-b79d-d97027f9071a'],
    ['stripe', 'cs_test_a11YYufWQzNY63zpQ6QSNRQhkUpVph4WRmzW0zWJO2znZKdVujZ0N0S22u'],
    ['paddle', 'txn_01hv8wptq8987qeep44cyrewp9'],
    ['polar', '8a6e0804-2bd0-4672-b79d-d97027f9071a'],
  ] as const
  for (const [provider, id] of wellFormed) expect((await read(id, provider)).status).toBe(202)
})

test('thank-you page: pages of any origin may ask, without credentials', async () => {
  const url = `${path}/stripe/cs_test_a11YYufWQzNY63zp`
  const preflight = { ...page, 'access-control-request-method': 'GET' }
  const { status, headers } = await app.send('OPTIONS', url, undefined, preflight)
  expect(status).toBe(204)
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('access-control-allow-methods')).toContain('GET')
  expect(headers.get('access-control-allow-credentials')).toBeNull()
  const wrong = await app.send('POST', url, {}, page)
  expectProblem(wrong, 405, 'method_not_allowed')
  expect(wrong.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
})

test('thank-you page: no session ID or key is stored in plain text, or logged', async () => {
  const id = await buy()
  const { body } = await read(id)
  const stored = JSON.stringify(await app.database.readRows()) + app.logLines.join('\n')
  expect(stored).toContain('/api/v1/checkout/sessions/:provider/:session_id')
  expect(JSON.stringify((await app.database.readRows()).checkout_sessions)).not.toContain(id)
  expect(app.logLines.join('\n')).not.toContain(id)
  expect(stored).not.toContain(body.licenses[0].key)
})
