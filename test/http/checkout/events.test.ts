import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openTestApp, respond, type TestApp } from '../../support/app.ts'
import {
  buildPayment,
  processAll,
  processEvent,
  sendEvent,
  signEvent,
} from '../../support/checkout.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/checkout/events'

let app: TestApp
beforeAll(async () => {
  app = await openTestApp()
})
afterAll(() => app.close())

const list = async (query = '') => (await app.send('GET', `${path}${query}`)).body.data
const listIds = async (query: string) => (await list(query)).map(({ id }: { id: string }) => id)

const createRule = (body: object) =>
  app.send('POST', '/api/v1/checkout/rules', { plan: 'professional', ...body })

test('checkout events: an event is shown before it is processed, and after', async () => {
  const event = buildPayment(app, { id: 'evt-first', order_id: 'first' })
  expect((await sendEvent(app, event)).status).toBe(200)
  const [received] = await list()
  expect(received).toEqual({
    id: expect.stringMatching(/^chk_/),
    provider: 'standard',
    endpoint: null,
    type: 'paid',
    event_id: null,
    mode: null,
    state: 'received',
    reason: null,
    waiting_for: null,
    purchase: null,
    effects: [],
    rules: [],
    occurred_at: null,
    received_at: '2026-03-06T00:00:00Z',
    processed_at: null,
    tries: 0,
    next_try_at: '2026-03-06T00:00:00Z',
    has_event: true,
  })
  const rule = await createRule({ price: 'price_1' })
  await processAll(app)
  const { status, body } = await app.send('GET', `${path}/${received.id}`)
  expect(status).toBe(200)
  const [{ license_ids: licenseIds }] = body.effects
  expect(licenseIds).toEqual([expect.stringMatching(/^lic_/)])
  for (const { text } of body.effects) expect(text).toMatch(/^[A-Z].*\.$/)
  const { effects: _none, ...rest } = received
  expect(body).toMatchObject({
    ...rest,
    event_id: 'evt-first',
    mode: 'live',
    state: 'done',
    purchase: 'order:first',
    rules: [{ rule_id: rule.body.id, version: 1 }],
    occurred_at: '2026-03-06T00:00:00Z',
    processed_at: '2026-03-06T00:00:00Z',
    next_try_at: null,
    event,
  })
  const bought = { price: 'price_1', payment_link: null, product: null, metadata_plan: null }
  expect(body.items).toEqual([{ ...bought, quantity: 1, rule_id: rule.body.id }])
  const license = await app.send('GET', `/api/v1/licenses/${licenseIds[0]}`)
  expect(license.body).toMatchObject({
    plan: 'professional',
    customer_email: 'ada@example.com',
    purchase: {
      provider: 'standard',
      mode: 'live',
      reference: 'order:first',
      item: 'price_1',
      unit: 1,
      rule_id: rule.body.id,
    },
  })
  const { body: events } = await app.send('GET', `/api/v1/licenses/${licenseIds[0]}/events`)
  expect(events.data[0]).toMatchObject({ type: 'license.created' })
  expect(events.data[0].data.license.purchase).toEqual(license.body.purchase)
  expect(await listIds(`?license_id=${licenseIds[0]}`)).toEqual([received.id])
})

test('checkout events: the list can be filtered by state, provider, type and license', async () => {
  const unmatched = await processEvent(
    app,
    buildPayment(app, { order_id: 'unmatched', items: [{ price: 'price_unknown' }] }),
  )
  const ignored = await processEvent(app, { ...buildPayment(app), type: 'viewed' })
  const test_ = await processEvent(app, buildPayment(app, { order_id: 'test', test: true }))
  const failed = await processEvent(app, buildPayment(app, { order_id: 'bad', items: 'none' }))
  expect([unmatched, ignored, test_, failed].map(({ state }) => state)).toEqual([
    'unmatched',
    'ignored',
    'test',
    'failed',
  ])
  for (const { reason } of [unmatched, ignored, test_, failed]) {
    expect(reason).toMatch(/^[A-Z].*\.$/)
  }
  expect(failed.reason).toContain('items')
  for (const event of [unmatched, ignored, test_, failed]) {
    expect(await listIds(`?state=${event.state}`)).toEqual([event.id])
  }
  expect(await listIds('?type=viewed')).toEqual([ignored.id])
  expect(await listIds('?provider=stripe')).toEqual([])
  expect(await listIds('?provider=standard&type=paid&state=test')).toEqual([test_.id])
  expect(await listIds('?license_id=lic_of_no_license')).toEqual([])
  for (const query of ['?state=lost', '?provider=gumroad', '?states=done', '?state=']) {
    expect((await app.send('GET', path + query)).status).toBe(422)
  }
})

test('checkout events: pages have no gaps or repeats', async () => {
  const all = await listIds('?limit=100')
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const query = cursor === null ? '?limit=2' : `?limit=2&cursor=${cursor}`
    const { body } = await app.send('GET', path + query)
    seen.push(...body.data.map(({ id }: { id: string }) => id))
    cursor = body.next_cursor
  } while (cursor !== null)
  expect(seen).toEqual(all)
})

test('checkout events: an unmatched event is processed once its rule exists', async () => {
  const [{ id }] = await list('?state=unmatched')
  const find = async () => (await app.send('GET', `${path}/${id}`)).body
  expect((await find()).items).toMatchObject([{ price: 'price_unknown', rule_id: null }])
  await createRule({ price: 'price_unknown', provider: 'standard' })
  await processAll(app)
  const body = await find()
  expect(body.state).toBe('done')
  expect(body.items).toMatchObject([{ rule_id: body.rules[0].rule_id }])
  expect(body.effects[0].license_ids).toHaveLength(1)
})

test('checkout events: a replay has no effect twice, still shows what the event did, and writes no mail unless asked', async () => {
  const event = await processEvent(app, buildPayment(app, { order_id: 'replayed' }))
  const count = async () => (await app.database.readRows()).licenses?.length
  const before = await count()
  for (const body of [undefined, {}, { mail: false }, { mail: true }]) {
    const replayed = await app.send('POST', `${path}/${event.id}/replay`, body)
    expect(replayed).toMatchObject({ status: 200, body: { id: event.id, state: 'received' } })
    await processAll(app)
    const { state, effects, rules } = (await app.send('GET', `${path}/${event.id}`)).body
    expect({ state, effects, rules }).toEqual({
      state: 'done',
      effects: event.effects,
      rules: event.rules,
    })
  }
  expect(await count()).toBe(before)
  expectProblem(await app.send('POST', `${path}/chk_none/replay`), 404, 'not_found')
  const wrong = await app.send('POST', `${path}/${event.id}/replay`, { mails: true })
  expectProblem(wrong, 422, 'validation_failed', ['/mails'])
})

test('checkout events: after its raw event was deleted, an event is shown without it, and cannot be replayed', async () => {
  const event = await processEvent(app, buildPayment(app, { order_id: 'old' }))
  app.clock.advanceMs(91 * 86_400_000)
  const { cleanUp } = await import('~/jobs/clean-up.ts')
  await cleanUp.run(app.deps, new AbortController().signal)
  const { body } = await app.send('GET', `${path}/${event.id}`)
  expect(body).toMatchObject({ id: event.id, state: 'done', has_event: false, event: null })
  expectProblem(await app.send('POST', `${path}/${event.id}/replay`), 410, 'gone')
  const dry = await app.send('POST', '/api/v1/checkout/dry-run', { event_id: event.id })
  expectProblem(dry, 410, 'gone')
})

test('checkout events: reading and replaying have scopes of their own', async () => {
  const [{ id }] = await list()
  const reader = { authorization: `Bearer ${await app.tokenWith('checkout:read')}` }
  const writer = { authorization: `Bearer ${await app.tokenWith('checkout:write')}` }
  expect((await app.send('GET', `${path}/${id}`, undefined, reader)).status).toBe(200)
  expectProblem(await app.send('GET', `${path}/${id}`, undefined, writer), 403, 'missing_scope')
  expectProblem(
    await app.send('POST', `${path}/${id}/replay`, undefined, reader),
    403,
    'missing_scope',
  )
  expectProblem(await app.send('GET', `${path}/chk_none`), 404, 'not_found')
})

test('checkout events: a plan with an endless name is shown by its beginning', async () => {
  const metadata = { licet_plan: 'x'.repeat(100_000) }
  const sale = buildSale('cs_live_endless', { metadata })
  const { state, reason } = await processEvent(app, sale, 'stripe')
  expect(state).toBe('unmatched')
  expect(reason).toStartWith('The purchase names the plan xxx')
  expect(reason.length).toBeLessThan(500)
})

const buildSale = (id: string, more: object = {}) => ({
  id: `evt_${Bun.hash(id)}`,
  type: 'checkout.session.completed',
  created: app.clock.nowMs() / 1000,
  livemode: true,
  data: {
    object: {
      id,
      mode: 'payment',
      payment_status: 'paid',
      customer_details: { email: 'ada@example.com' },
      metadata: { licet_plan: 'professional' },
      ...more,
    },
  },
})

test('checkout events: an API key without licenses:reveal gets no ID or event that leads to a license key', async () => {
  const id = 'cs_live_a1B2c3D4e5F6g7H8i9J0'
  const event = await processEvent(app, buildSale(id), 'stripe')
  const [licenseId] = event.effects[0].license_ids
  const token = await app.tokenWith(
    'checkout:read',
    'checkout:write',
    'licenses:read',
    'events:read',
  )
  const send = (method: string, path: string, body?: unknown) =>
    app.send(method, `/api/v1${path}`, body, { authorization: `Bearer ${token}` })
  const responses = await Promise.all([
    send('GET', `/licenses/${licenseId}`),
    send('GET', '/licenses'),
    send('GET', `/licenses/${licenseId}/events`),
    send('GET', '/checkout/events'),
    send('GET', `/checkout/events/${event.id}`),
    send('POST', '/checkout/dry-run', { event_id: event.id }),
    send('POST', `/checkout/events/${event.id}/replay`),
  ])
  for (const { status, text } of responses) {
    expect(status).toBe(200)
    expect(text).not.toContain(id)
  }
  expect(responses[0]?.body.purchase.reference).toBe('cs_live_a1B2…i9J0')
  expect(responses[4]?.body).toMatchObject({
    purchase: 'cs_live_a1B2…i9J0',
    event: null,
    has_event: true,
  })
  expect((await app.send('GET', `/api/v1/licenses/${licenseId}`)).body.purchase.reference).toBe(id)
})

test('checkout events: an event that is nested too deeply to be shown breaks no response', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const body = `{"type":"viewed","occurred_at":"2026-03-06T00:00:00Z","deep":${deep}}`
  const headers = signEvent('standard', body, { atMs: app.clock.nowMs(), id: 'deep' })
  const url = 'http://localhost/api/v1/checkout/standard'
  const sent = await respond(app.app, new Request(url, { method: 'POST', headers, body }))
  expect(sent.status).toBe(200)
  await processAll(app)
  const [{ id }] = await list()
  const shown = await app.send('GET', `${path}/${id}`)
  expect([shown.status, shown.body.state, shown.body.event]).toEqual([200, 'ignored', null])
  const erased = await app.send('POST', '/api/v1/customers/erase', {
    customer_email: 'x@example.com',
  })
  expect(erased.status).toBe(200)
})

test.each([2_147_483_648, 1e300])(
  'checkout events: a quantity of %p sets the highest limit that there is',
  async (quantity) => {
    await createRule({ price: `seats ${quantity}`, quantity_means: 'seats' })
    const items = { data: [{ id: 'li_1', quantity, price: { id: `seats ${quantity}` } }] }
    const event = await processEvent(
      app,
      buildSale(`cs_quantity_${quantity}`, { line_items: items }),
      'stripe',
    )
    const { status, body } = await app.send(
      'GET',
      `/api/v1/licenses/${event.effects[0].license_ids[0]}`,
    )
    expect([status, body.max_seats]).toEqual([200, 2_147_483_647])
  },
)

test('checkout events: a NUL or an unpaired surrogate in any text of an event is removed', async () => {
  await createRule({ price: 'price_of_a_text' })
  const customer = { email: 'nul\0@example.com', name: 'A\0da\ud800' }
  const fields = { id: 'evt\0-nul', order_id: 'nul\0', items: [{ price: 'price_of\0_a_text' }] }
  const event = await processEvent(app, buildPayment(app, { ...fields, customer }))
  expect(event).toMatchObject({ state: 'done', event_id: 'evt-nul', purchase: 'order:nul' })
  const [{ license_ids: ids }] = event.effects
  const { body: license } = await app.send('GET', `/api/v1/licenses/${ids[0]}`)
  expect(license).toMatchObject({ customer_email: 'nul@example.com', customer_name: 'Ada' })
  const unknown = await processEvent(app, buildPayment(app, { type: 'un\0known' }))
  expect(unknown).toMatchObject({ state: 'ignored', type: 'unknown' })
})

test('checkout events: an event of Stripe at a fraction of a second fails at once', async () => {
  const sale = buildSale('cs_fraction')
  const event = await processEvent(app, { ...sale, created: sale.created + 0.123456 }, 'stripe')
  expect(event).toMatchObject({ state: 'failed', next_try_at: null })
  expect(event.reason).toContain('/created')
})
