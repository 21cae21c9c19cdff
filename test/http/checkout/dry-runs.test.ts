import { afterAll, beforeAll, expect, test } from 'bun:test'
import { orderEvent } from '../../checkout/providers/lemonsqueezy-events.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { buildPayment, processEvent, sendEvent } from '../../support/checkout.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/checkout/dry-run'

let app: TestApp
beforeAll(async () => {
  app = await openTestApp()
  await app.send('POST', '/api/v1/checkout/rules', { price: 'price_1', plan: 'professional' })
})
afterAll(() => app.close())

/** Sends a dry run and checks that no row of any table has changed. */
async function dryRun(body: unknown) {
  await app.deps.store.flush()
  const before = await app.database.readRows()
  const response = await app.send('POST', path, body)
  expect(await app.database.readRows()).toEqual(before)
  return response
}

test('dry run: an event in the request is described, with the number of its licenses, and changes nothing', async () => {
  const event = buildPayment(app, { id: 'evt-1', items: [{ price: 'price_1', quantity: 3 }] })
  const { status, body } = await dryRun({ provider: 'standard', event })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    type: 'paid',
    event_id: 'evt-1',
    mode: 'live',
    state: 'done',
    purchase: 'order:1001',
    rules: [{ version: 1 }],
  })
  expect(body.effects.length).toBeGreaterThan(0)
  for (const effect of body.effects) {
    expect(effect).toMatchObject({ licenses_count: 3, license_ids: [] })
  }
})

test('dry run: a stored event is described before and after it was processed', async () => {
  await sendEvent(app, buildPayment(app, { order_id: 'stored' }))
  const { body: page } = await app.send('GET', '/api/v1/checkout/events?limit=1')
  const eventId = page.data[0].id
  const first = await dryRun({ event_id: eventId })
  expect(first.body).toMatchObject({ state: 'done', purchase: 'order:stored' })

  const bought = await processEvent(app, buildPayment(app, { order_id: 'bought' }))
  expect(bought.state).toBe('done')
  const refund = buildPayment(app, { type: 'refunded', order_id: 'bought' })
  const { body } = await dryRun({ provider: 'standard', event: refund })
  expect(body.state).toBe('done')
  expect(body.effects[0].license_ids).toEqual(bought.effects[0].license_ids)
  const license = await app.send('GET', `/api/v1/licenses/${bought.effects[0].license_ids[0]}`)
  expect(license.body.status).toBe('active')
})

test('dry run: an event that no rule matches, or that cannot be read, says what to do, and its type', async () => {
  const unmatched = buildPayment(app, { items: [{ price: 'price_unknown' }] })
  const first = await dryRun({ provider: 'standard', event: unmatched })
  expect(first.body).toMatchObject({ state: 'unmatched', effects: [] })
  expect(first.body.reason).toMatch(/^[A-Z].*\.$/)
  const second = await dryRun({ provider: 'standard', event: { type: 'paid' } })
  expect(second.body).toMatchObject({ state: 'failed', type: 'paid' })
  expect(second.body.reason).toContain('occurred_at')
  const nameless = await dryRun({ provider: 'standard', event: {} })
  expect(nameless.body).toMatchObject({ state: 'failed', type: null })
  const third = await dryRun({ provider: 'standard', event: buildPayment(app, { test: true }) })
  expect(third.body).toMatchObject({ state: 'test', mode: 'test' })
})

test.each<[what: string, body: object, pointer: string]>([
  ['nothing', {}, '/provider'],
  ['no event', { provider: 'stripe' }, '/event'],
  ['no provider', { event: {} }, '/provider'],
  ['an event twice', { event_id: 'chk_1', provider: 'stripe', event: {} }, '/event_id'],
  ['an unknown provider', { provider: 'gumroad', event: {} }, '/provider'],
  ['a text', { provider: 'stripe', event: '{}' }, '/event'],
])('dry run: a request with %s gets 422', async (_what, body, pointer) => {
  expectProblem(await dryRun(body), 422, 'validation_failed', [pointer])
})

test.each([1001, 100_000, 1e300])(
  'dry run: a purchase of %p licenses fails at once, and says how many are possible',
  async (quantity) => {
    const event = JSON.parse(JSON.stringify(orderEvent('created')))
    const { first_order_item: item } = event.data.attributes
    item.quantity = quantity
    const price = String(item.variant_id)
    await app.send('POST', '/api/v1/checkout/rules', { price, plan: 'professional' })
    const { body } = await dryRun({ provider: 'lemonsqueezy', event })
    expect(body).toMatchObject({ state: 'failed', effects: [] })
    expect(body.reason).toContain('1000')
  },
)

test('dry run: an unknown event gets 404, and a large one is accepted', async () => {
  expectProblem(await dryRun({ event_id: 'chk_none' }), 404, 'not_found')
  const event = buildPayment(app, { note: 'x'.repeat(250_000) })
  expect((await dryRun({ provider: 'standard', event })).status).toBe(200)
})
