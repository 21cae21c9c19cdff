import { describe, expect, test } from 'bun:test'
import { type LifeCycle, openLifeCycle } from '../../support/checkout-life-cycle.ts'
import { permute, repeat, shuffle } from '../../support/orders.ts'
import * as lemonsqueezy from './lemonsqueezy-events.ts'
import * as paddle from './paddle-events.ts'
import * as polar from './polar-events.ts'

const RANDOM_ORDERS = 12

/** The times of a purchase. Each month is paid on its first day, but March only on the third. */
const times = {
  bought: '2026-01-01T10:00:00Z',
  renewed: '2026-02-01T10:00:00Z',
  failed: '2026-03-01T10:00:00Z',
  recovered: '2026-03-03T10:00:00Z',
  canceled: '2026-03-05T10:00:00Z',
  refunded: '2026-03-05T20:00:00Z',
  end: '2026-04-01T10:00:00Z',
}
const january = { starts_at: times.bought, ends_at: times.renewed }
const february = { starts_at: times.renewed, ends_at: times.failed }
const march = { starts_at: times.failed, ends_at: times.end }

const standardEvent = (type: string, occurred_at: string, more: object = {}) => {
  const subscription_id = 'S-'
  return { type, id: `${type}-${occurred_at}-S-`, occurred_at, subscription_id, ...more }
}
const standardPayment = (occurred_at: string, payment_id: string, paid_until: string) =>
  standardEvent('paid', occurred_at, {
    payment_id,
    paid_until,
    order_id: `O-${payment_id}`,
    customer: { email: 'Ada@example.com', name: 'Ada Lovelace' },
    items: [{ price: 'pro-monthly', quantity: 2 }],
  })

const standardCycle: LifeCycle = {
  provider: 'standard',
  rules: [{ provider: 'standard', price: 'pro-monthly', plan: 'professional' }],
  marks: ['S-', 'P-', 'Ada'],
  email: 'Ada@example.com',
  bought: [standardPayment(times.bought, 'P-1', times.renewed)],
  renewed: [standardPayment(times.renewed, 'P-2', times.failed)],
  failed: [standardEvent('past_due', times.failed)],
  recovered: [
    standardEvent('recovered', times.recovered, { payment_id: 'P-3', paid_until: times.end }),
  ],
  canceled: [standardEvent('cancels', times.canceled, { ends_at: times.end })],
  // It names only the payment.
  refunded: [
    {
      type: 'refunded',
      id: 'refund-S-',
      occurred_at: times.refunded,
      payment_id: 'P-3',
    },
  ],
}

const paddleRenewal = (at: string, id: string, billing_period: typeof march) =>
  paddle.transactionCompleted(at, { id, origin: 'subscription_recurring', billing_period })

const paddleCycle: LifeCycle = {
  provider: 'paddle',
  rules: [{ provider: 'paddle', price: paddle.proMonthly, plan: 'professional' }],
  marks: ['txn_', 'sub_', 'ctm_', 'evt_', 'Ada'],
  email: 'Ada@example.com',
  bought: [
    paddle.customerEvent('created', times.bought),
    paddle.transactionCompleted(times.bought, { billing_period: january, items: twoPro() }),
    paddle.subscriptionCreated(times.bought, paddleState(january)),
  ],
  renewed: [
    paddle.subscriptionEvent('updated', times.renewed, paddleState(february)),
    paddleRenewal(times.renewed, 'txn_2', february),
  ],
  // The period begins before its payment fails.
  failed: [
    paddle.subscriptionEvent('updated', times.failed, paddleState(march)),
    paddle.subscriptionEvent('past_due', times.failed, {
      ...paddleState(march),
      status: 'past_due',
    }),
  ],
  recovered: [
    paddleRenewal(times.recovered, 'txn_3', march),
    paddle.subscriptionEvent('updated', times.recovered, paddleState(march)),
  ],
  canceled: [
    paddle.subscriptionEvent('updated', times.canceled, {
      ...paddleState(march),
      scheduled_change: { action: 'cancel', effective_at: times.end },
    }),
  ],
  refunded: [
    paddle.adjustmentEvent('created', times.canceled, {
      transaction_id: 'txn_3',
      status: 'pending_approval',
    }),
    paddle.adjustmentEvent('updated', times.refunded, { transaction_id: 'txn_3' }),
  ],
}

function paddleState(current_billing_period: typeof march) {
  const items = [paddle.subscriptionItem(paddle.proMonthly, { quantity: 2 })]
  return { current_billing_period, items }
}

function twoPro() {
  return [{ price: paddle.price(paddle.proMonthly), quantity: 2 }]
}

type LemonName = Parameters<typeof lemonsqueezy.subscriptionEvent>[0]
const lemonSubscription = (
  name: LemonName,
  at: string,
  more: Parameters<typeof lemonsqueezy.subscriptionEvent>[1] = {},
) =>
  lemonsqueezy.subscriptionEvent(name, {
    created_at: times.bought,
    updated_at: at,
    ...more,
  })
const lemonInvoice = (
  name: Parameters<typeof lemonsqueezy.invoiceEvent>[0],
  number: number,
  at: string,
  more: Parameters<typeof lemonsqueezy.invoiceEvent>[2] = {},
) => lemonsqueezy.invoiceEvent(name, number, { created_at: at, updated_at: at, ...more })

const lemonsqueezyCycle: LifeCycle = {
  provider: 'lemonsqueezy',
  rules: [{ provider: 'lemonsqueezy', price: '30', plan: 'professional' }],
  marks: ['77', 'Ada', '853f-'],
  email: 'Ada@example.com',
  bought: [
    lemonsqueezy.orderEvent('created', { created_at: times.bought, updated_at: times.bought }),
    lemonSubscription('created', times.bought, { renews_at: times.renewed }),
    lemonInvoice('success', 7711, times.bought, { billing_reason: 'initial' }),
    lemonsqueezy.licenseKeyCreated({ created_at: times.bought }),
  ],
  renewed: [
    lemonInvoice('success', 7712, times.renewed),
    lemonSubscription('updated', times.renewed, { renews_at: times.failed }),
  ],
  failed: [
    lemonInvoice('failed', 7713, times.failed, { status: 'pending' }),
    lemonSubscription('updated', times.failed, { status: 'past_due', renews_at: times.recovered }),
  ],
  recovered: [
    lemonInvoice('recovered', 7713, times.recovered),
    lemonInvoice('success', 7713, times.recovered),
    lemonSubscription('updated', times.recovered, { renews_at: times.end }),
  ],
  canceled: ['cancelled', 'updated'].map((name) =>
    lemonSubscription(name as LemonName, times.canceled, {
      status: 'cancelled',
      cancelled: true,
      ends_at: times.end,
    }),
  ),
  refunded: [
    lemonInvoice('refunded', 7713, times.refunded, {
      status: 'refunded',
      refunded: true,
      refunded_at: times.refunded,
      refunded_amount: 1199,
    }),
  ],
}

const polarPayment = (at: string, id: string, period_end: string, first = false) =>
  polar.orderPaid(at, {
    id,
    seats: 2,
    billing_reason: first ? 'subscription_create' : 'subscription_cycle',
    subscription: { ...polar.orderSubscription, current_period_end: period_end },
  })
const polarState = (current_period_end: string) => ({ current_period_end, seats: 2 })

const polarCycle: LifeCycle = {
  provider: 'polar',
  rules: [{ provider: 'polar', product: polar.productId, plan: 'professional' }],
  marks: ['-bought-', polar.subscriptionId, polar.checkoutId, polar.customerId, 'Ada'],
  email: 'Ada@example.com',
  bought: [
    polarPayment(times.bought, 'order-bought-1', times.renewed, true),
    polar.subscriptionEvent('subscription.created', times.bought, polarState(times.renewed)),
    polar.subscriptionEvent('subscription.active', times.bought, polarState(times.renewed)),
  ],
  renewed: [
    polar.subscriptionEvent('subscription.cycled', times.renewed, polarState(times.failed)),
    polarPayment(times.renewed, 'order-bought-2', times.failed),
  ],
  // The period begins before its payment fails.
  failed: [
    polar.subscriptionEvent('subscription.cycled', times.failed, polarState(times.end)),
    polar.subscriptionEvent('subscription.past_due', times.failed, {
      ...polarState(times.end),
      status: 'past_due',
    }),
  ],
  recovered: [
    polarPayment(times.recovered, 'order-bought-3', times.end),
    polar.subscriptionEvent('subscription.updated', times.recovered, polarState(times.end)),
  ],
  canceled: [
    polar.subscriptionEvent('subscription.canceled', times.canceled, {
      ...polarState(times.end),
      cancel_at_period_end: true,
      ends_at: times.end,
    }),
  ],
  refunded: [
    polar.orderRefunded(times.refunded, { id: 'order-bought-3' }),
    polar.refundUpdated(times.refunded, { order_id: 'order-bought-3' }),
  ],
}

const cycles: readonly (LifeCycle & { readonly count: number })[] = [
  { ...standardCycle, count: 2 },
  { ...paddleCycle, count: 2 },
  { ...lemonsqueezyCycle, count: 1 },
  { ...polarCycle, count: 2 },
]

const expected = (count: number, status: string, expires_at = times.end) => ({
  licenses: Array(count).fill({ status, plan: 'professional', expires_at }),
  waiting: [],
})
/** A renewing license outlives the paid period by the 72 hours of its rule. */
const afterFebruary = '2026-03-04T10:00:00Z'
const afterMarch = '2026-04-04T10:00:00Z'

const seeds = Array.from({ length: RANDOM_ORDERS }, (_, seed) => seed)

describe.each(cycles)('$provider', (cycle) => {
  const { provider, bought, renewed, failed, recovered, canceled, refunded, count } = cycle
  const steps = [renewed, failed, recovered, canceled]

  test(`${provider}: every order of the steps after the sale ends in the same license, with events one to three times`, async () => {
    await using shop = await openLifeCycle(cycle)
    const lives = permute(steps).map((order, seed) =>
      [bought, ...order].flatMap((step) => repeat(shuffle(step, seed), seed)),
    )
    const purchases = await shop.beginEach(lives)
    for (const purchase of purchases) {
      expect(await purchase.outcome()).toEqual(expected(count, 'active'))
    }
    await shop.deliverEach(
      purchases,
      purchases.map((_, seed) => repeat(refunded, seed)),
    )
    for (const purchase of purchases) {
      expect(await purchase.outcome()).toEqual(expected(count, 'revoked'))
    }
  }, 120_000)

  test(`${provider}: eight events at once, in any order of all events, end in the same license`, async () => {
    await using shop = await openLifeCycle(cycle)
    for (const seed of seeds) {
      const purchase = shop.begin()
      await purchase.deliver(...shuffle(repeat([bought, ...steps].flat(), seed), seed))
      expect(await purchase.outcome()).toEqual(expected(count, 'active'))
    }
  }, 120_000)

  test(`${provider}: a license is suspended while a payment is missing, and renewed by it`, async () => {
    await using shop = await openLifeCycle(cycle)
    const unpaid = [bought, renewed, failed].flat()
    const purchases = await shop.beginEach(seeds.map((seed) => shuffle(unpaid, seed)))
    for (const purchase of purchases) {
      expect(await purchase.outcome()).toEqual(expected(count, 'suspended', afterFebruary))
    }
    await shop.deliverEach(
      purchases,
      seeds.map((seed) => shuffle(recovered, seed)),
    )
    for (const purchase of purchases) {
      expect(await purchase.outcome()).toEqual(expected(count, 'active', afterMarch))
    }
  }, 120_000)

  test(`${provider}: a refund that overtakes everything else leaves revoked licenses, or none`, async () => {
    await using shop = await openLifeCycle(cycle)
    const all = [bought, ...steps, refunded].flat()
    const purchases = await shop.beginEach(seeds.map((seed) => shuffle(all, seed)))
    for (const purchase of purchases) {
      const { licenses, waiting } = await purchase.outcome()
      expect(waiting).toEqual([])
      expect(licenses.filter(({ status }) => status !== 'revoked')).toEqual([])
    }
  }, 120_000)
})
