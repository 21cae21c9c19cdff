import { expect, test } from 'bun:test'
import type { FetchFromApi } from '~/checkout/providers/provider.ts'
import {
  type LifeCycle,
  type LifeCycleShop,
  openLifeCycle,
} from '../../support/checkout-life-cycle.ts'
import { permute } from '../../support/orders.ts'
import { openShop } from '../../support/shop.ts'
import * as lemonsqueezy from './lemonsqueezy-events.ts'
import * as paddle from './paddle-events.ts'
import * as polar from './polar-events.ts'

const at = '2026-03-05T10:00:00Z'
const later = '2026-03-05T11:00:00Z'
const email = 'ada@example.com'
const plan = 'professional'
/** For tests that try every order of events, while others run. */
const ORDERS_TIMEOUT_MS = 180_000

const shop = (
  provider: LifeCycle['provider'],
  marks: readonly string[],
  rules: readonly object[],
) => openLifeCycle({ provider, rules, marks, email: 'Ada@example.com' })

const openPaddle = (rule: object = { price: paddle.proMonthly, plan }) =>
  shop('paddle', ['txn_', 'sub_', 'ctm_', 'evt_', 'Ada'], [rule])
const openLemonsqueezy = (rule: object = { price: '30', plan }) =>
  shop('lemonsqueezy', ['77', 'Ada', '853f-', '436b-'], [rule])

const licensesOf = (server: LifeCycleShop) => server.licensesOf(email)

test(
  'paddle: a sale gives one license, before and after the event of its customer',
  async () => {
    await using server = await openPaddle()
    const events = [
      paddle.customerEvent('created', at),
      paddle.transactionCompleted(at),
      paddle.subscriptionCreated(at),
    ]
    for (const purchase of await server.beginEach(permute(events))) {
      const { licenses, waiting } = await purchase.outcome()
      expect([licenses.length, waiting]).toEqual([1, []])
    }
  },
  ORDERS_TIMEOUT_MS,
)

test('paddle: a sale without its customer waits, and says what to do', async () => {
  await using server = await openPaddle()
  const purchase = server.begin()
  await purchase.deliver(paddle.transactionCompleted(at))
  const { licenses, waiting } = await purchase.outcome()
  expect(licenses).toEqual([])
  expect(waiting).toEqual([
    {
      type: 'transaction.completed',
      state: 'waiting_for_customer',
      reason: expect.stringContaining('LICET_PADDLE_API_KEY'),
    },
  ])
  await purchase.deliver(paddle.customerEvent('updated', later))
  expect((await purchase.outcome()).licenses).toHaveLength(1)
})

test('paddle: a sale that waited for its customer shows the license that it created', async () => {
  await using server = await openShop('paddle')
  const { app } = server
  await app.send('POST', '/api/v1/checkout/rules', { price: paddle.proMonthly, plan })
  await server.deliver(paddle.transactionCompleted(at))
  await server.deliver(paddle.customerEvent('created', at))
  const { body } = await app.send('GET', '/api/v1/checkout/events?type=transaction.completed')
  expect(body.data).toMatchObject([
    {
      state: 'done',
      effects: [{ text: expect.stringMatching(/^Created/), licenses_count: 1 }, {}],
    },
  ])
})

test('paddle: with an API key, no sale waits for its customer', async () => {
  const paddleApi: FetchFromApi = async () => ({ data: paddle.customer() })
  await using server = await openShop('paddle', { apis: { paddle: paddleApi } })
  await server.app.send('POST', '/api/v1/checkout/rules', { price: paddle.proMonthly, plan })
  await server.deliver(paddle.transactionCompleted(at))
  expect(await server.licensesOf(email)).toMatchObject([{ customer_email: email, plan }])
})

test('paddle: custom_data, which a buyer can set, chooses no plan and no address', async () => {
  await using server = await openPaddle({ price: 'pri_other', plan })
  const purchase = server.begin()
  await purchase.deliver(paddle.customerEvent('created', at), paddle.transactionCompleted(at))
  const { licenses, waiting } = await purchase.outcome()
  expect([licenses, waiting.map(({ state }) => state)]).toEqual([[], ['unmatched']])
})

test('paddle: only an approved refund revokes, and a chargeback suspends until it is reversed', async () => {
  await using server = await openPaddle()
  const purchase = server.begin()
  const statusAfter = async (...events: readonly object[]) => {
    await purchase.deliver(...events)
    return (await purchase.outcome()).licenses.map(({ status }) => status)
  }
  const sale = [paddle.customerEvent('created', at), paddle.transactionCompleted(at)]
  expect(await statusAfter(...sale, paddle.subscriptionCreated(at))).toEqual(['active'])
  const adjust = (status: 'pending_approval' | 'rejected' | 'approved', occurredAt: string) =>
    paddle.adjustmentEvent('updated', occurredAt, { status })
  expect(await statusAfter(adjust('pending_approval', at))).toEqual(['active'])
  expect(await statusAfter(adjust('rejected', at))).toEqual(['active'])
  const dispute = (action: 'chargeback' | 'chargeback_reverse', occurredAt: string) =>
    paddle.adjustmentEvent('created', occurredAt, { action })
  expect(await statusAfter(dispute('chargeback', at))).toEqual(['suspended'])
  expect(await statusAfter(dispute('chargeback_reverse', later))).toEqual(['active'])
  expect(await statusAfter(adjust('approved', later))).toEqual(['revoked'])
})

test(
  'lemonsqueezy: a subscription sale gives one license, not three, in any order of its events',
  async () => {
    await using server = await openLemonsqueezy()
    const times = { created_at: at, updated_at: at }
    const events = [
      lemonsqueezy.orderEvent('created', times),
      lemonsqueezy.subscriptionEvent('created', times),
      lemonsqueezy.invoiceEvent('success', 7711, { ...times, billing_reason: 'initial' }),
      lemonsqueezy.licenseKeyCreated(times),
    ]
    for (const purchase of await server.beginEach(
      permute(events).map((order) => order.flatMap((event) => [event, event])),
    )) {
      const expires_at = '2026-04-04T10:00:00Z'
      const licenses = [{ status: 'active', plan, expires_at }]
      expect(await purchase.outcome()).toEqual({ licenses, waiting: [] })
    }
  },
  ORDERS_TIMEOUT_MS,
)

test('lemonsqueezy: a rule can take over the key that Lemon Squeezy has sent', async () => {
  await using server = await shop('lemonsqueezy', [], [{ price: '30', plan, import_keys: true }])
  const purchase = server.begin()
  const keyEvent = lemonsqueezy.licenseKeyCreated()
  await purchase.deliver(keyEvent, lemonsqueezy.orderEvent('created'))
  const { key } = keyEvent.data.attributes as { readonly key: string }
  expect(await licensesOf(server)).toMatchObject([{ key, expires_at: null }])
})

test('lemonsqueezy: an event of test mode creates nothing', async () => {
  await using server = await openLemonsqueezy()
  const purchase = server.begin()
  await purchase.deliver(lemonsqueezy.orderEvent('created', {}, true))
  const { licenses, waiting } = await purchase.outcome()
  expect([licenses, waiting.map(({ state }) => state)]).toEqual([[], ['test']])
})

test('polar: metadata of the product gives a license without a rule, and an upgrade keeps its key', async () => {
  await using server = await shop('polar', [], [])
  const purchase = server.begin()
  const { product } = polar.subscription()
  const soldAs = (licet_plan: string) => ({ product: { ...product, metadata: { licet_plan } } })
  await purchase.deliver(
    polar.orderPaid(at, soldAs('starter')),
    polar.subscriptionEvent('subscription.active', at, soldAs('starter')),
  )
  const [before] = await licensesOf(server)
  expect(before).toMatchObject({ plan: 'starter', status: 'active' })
  const upgrade = { ...soldAs('enterprise'), product_id: 'another-product' }
  await purchase.deliver(polar.subscriptionEvent('subscription.updated', later, upgrade))
  const { id, key } = before
  expect(await licensesOf(server)).toMatchObject([{ id, key, plan: 'enterprise' }])
})

test('paddle: an upgrade to another price keeps the key', async () => {
  const server = await shop(
    'paddle',
    [],
    [
      { price: paddle.proMonthly, plan },
      { price: 'pri_01enterprise', plan: 'enterprise' },
    ],
  )
  await using _server = server
  const purchase = server.begin()
  const sale = [paddle.transactionCompleted(at), paddle.subscriptionCreated(at)]
  await purchase.deliver(paddle.customerEvent('created', at), ...sale)
  const [before] = await licensesOf(server)
  const items = [paddle.subscriptionItem('pri_01enterprise')]
  await purchase.deliver(paddle.subscriptionEvent('updated', later, { items }))
  const { id, key } = before
  expect(await licensesOf(server)).toMatchObject([{ id, key, plan: 'enterprise' }])
})

test.each([
  [
    'paddle',
    paddle.transactionId,
    [paddle.customerEvent('created', at), paddle.transactionCompleted(at)],
  ],
  ['lemonsqueezy', lemonsqueezy.identifier, [lemonsqueezy.orderEvent('created')]],
  ['polar', polar.checkoutId, [polar.orderPaid(at, polar.oneOff)]],
  [
    'standard',
    '5a5c8f0e-52cd-4e0c-93a8-2f1a7e5b9c11',
    [
      {
        type: 'paid',
        occurred_at: at,
        order_id: 1001,
        session_id: '5a5c8f0e-52cd-4e0c-93a8-2f1a7e5b9c11',
        customer: { email },
        items: [{ plan: 'professional' }],
      },
    ],
  ],
] as const)('%s: the thank-you page is pending, then has the key', async (provider, id, events) => {
  const rules = [{ price: paddle.proMonthly }, { price: '30' }, { product: polar.productId }]
  await using server = await shop(
    provider,
    [],
    rules.map((rule) => ({ ...rule, plan })),
  )
  const read = () => server.app.send('GET', `/api/v1/checkout/sessions/${provider}/${id}`)
  expect((await read()).status).toBe(202)
  const purchase = server.begin()
  await purchase.deliver(...events)
  const [{ key }] = await licensesOf(server)
  expect((await read()).body.licenses).toMatchObject([{ key }])
})

test(
  'paddle: a payment that does not name its new subscription yet still gives one license',
  async () => {
    await using server = await openPaddle()
    const events = [
      paddle.customerEvent('created', at),
      paddle.transactionCompleted(at, { subscription_id: null }),
      paddle.subscriptionCreated(at),
    ]
    for (const purchase of await server.beginEach(permute(events))) {
      const licenses = [{ status: 'active', plan, expires_at: '2026-04-04T10:00:00Z' }]
      expect(await purchase.outcome()).toEqual({ licenses, waiting: [] })
    }
  },
  ORDERS_TIMEOUT_MS,
)

test(
  'standard: an order that turns out to begin a subscription keeps its license',
  async () => {
    await using server = await shop('standard', ['O-', 'S-', 'Ada'], [])
    const customer = { email: 'Ada@example.com' }
    const sale = { type: 'paid', occurred_at: at, order_id: 'O-1', customer, items: [{ plan }] }
    const period = {
      ...sale,
      occurred_at: later,
      subscription_id: 'S-1',
      paid_until: '2026-04-05T10:00:00Z',
    }
    for (const purchase of await server.beginEach(permute([sale, period]))) {
      const licenses = [{ status: 'active', plan, expires_at: '2026-04-08T10:00:00Z' }]
      expect(await purchase.outcome()).toEqual({ licenses, waiting: [] })
    }
  },
  ORDERS_TIMEOUT_MS,
)

test(
  'paddle: the latest address of a customer prevails, whichever event comes first',
  async () => {
    await using server = await openPaddle()
    const events = [
      paddle.customerEvent('created', at, { email: 'old@example.com' }),
      paddle.customerEvent('updated', later),
      paddle.transactionCompleted(at),
      paddle.subscriptionCreated(at),
    ]
    for (const purchase of await server.beginEach(permute(events))) {
      const { licenses, waiting } = await purchase.outcome()
      expect([licenses.length, waiting]).toEqual([1, []])
    }
  },
  ORDERS_TIMEOUT_MS,
)

test('polar: a new address of a customer reaches the licenses that were bought before', async () => {
  await using server = await shop('polar', [], [{ product: polar.productId, plan }])
  const purchase = server.begin()
  await purchase.deliver(
    polar.orderPaid(at, {
      ...polar.oneOff,
      customer: polar.customer({ email: 'old@example.com' }),
    }),
  )
  expect(await licensesOf(server)).toEqual([])
  await purchase.deliver(polar.customerUpdated(later))
  expect(await licensesOf(server)).toMatchObject([{ customer_email: email }])
})

test(
  'lemonsqueezy: a pause and its end, and a cancellation and its withdrawal, end in the same license',
  async () => {
    await using server = await openLemonsqueezy()
    const day = (number: number) => `2026-03-0${number}T10:00:00Z`
    const state = (
      name: 'paused' | 'unpaused' | 'cancelled' | 'resumed',
      number: number,
      more: object,
    ) =>
      lemonsqueezy.subscriptionEvent(name, { created_at: day(1), updated_at: day(number), ...more })
    const sale = lemonsqueezy.orderEvent('created', { created_at: day(1), updated_at: day(1) })
    const changes = [
      state('paused', 2, { status: 'paused', pause: { mode: 'void' } }),
      state('unpaused', 3, {}),
      state('cancelled', 4, { status: 'cancelled', cancelled: true, ends_at: day(5) }),
      state('resumed', 5, {}),
    ]
    const lives = permute(changes).map((order, seed) => order.toSpliced(seed % 5, 0, sale))
    for (const purchase of await server.beginEach(lives)) {
      const licenses = [{ status: 'active', plan, expires_at: '2026-04-04T10:00:00Z' }]
      expect(await purchase.outcome()).toEqual({ licenses, waiting: [] })
    }
  },
  ORDERS_TIMEOUT_MS,
)

test('paddle: a pause ends the license, and its end revives it', async () => {
  await using server = await openPaddle()
  const purchase = server.begin()
  const sale = [paddle.transactionCompleted(at), paddle.subscriptionCreated(at)]
  await purchase.deliver(paddle.customerEvent('created', at), ...sale)
  const paused = { status: 'paused', paused_at: '2026-03-05T10:30:00Z' } as const
  await purchase.deliver(paddle.subscriptionEvent('paused', '2026-03-05T10:30:00Z', paused))
  const [license] = (await purchase.outcome()).licenses
  expect(license).toMatchObject({ status: 'expired', expires_at: '2026-03-05T10:30:00Z' })
  await purchase.deliver(paddle.subscriptionEvent('resumed', later))
  const [revived] = (await purchase.outcome()).licenses
  expect(revived).toMatchObject({ status: 'active', expires_at: '2026-04-04T10:00:00Z' })
})
