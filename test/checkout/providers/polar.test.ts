import { expect, test } from 'bun:test'
import { translatePolar } from '~/checkout/providers/polar.ts'
import { Fault } from '~/domain/faults.ts'
import {
  checkoutId,
  customerId,
  customerUpdated,
  disputeOf,
  oneOff,
  orderId,
  orderPaid,
  orderRefunded,
  orderSubscription,
  periodEnd,
  priceId,
  productId,
  refundUpdated,
  subscription,
  subscriptionEvent,
  subscriptionId,
} from './polar-events.ts'

const at = '2026-03-01T10:00:03.635628Z'
const atMs = Date.parse(at)
const periodEndMs = Date.parse(periodEnd)
const earlier = '2026-02-27T00:00:00Z'
const paymentRef = `order:${orderId}`
const disputeRef = 'dispute-1'

const customer = { type: 'customer', atMs, email: 'ada@example.com', name: 'Ada Lovelace' }
const items = (more: object = {}) => {
  const names = { ref: 'item', price: priceId, product: productId }
  const item = { ...names, paymentLink: null, plan: null, quantity: 1, ...more }
  return { type: 'items', atMs, items: [item] }
}
const bought = [customer, items()]
const paid = (paidUntilMs: number | null, ref: string | null = paymentRef) => ({
  type: 'paid',
  atMs,
  paymentRef: ref,
  paidUntilMs,
})
const uncanceled = { type: 'uncanceled', atMs }
const refunded = (share: string) => ({ type: 'refunded', atMs, paymentRef, share })

function translate(event: object, endpoint: string | null = null) {
  const headers = { 'webhook-id': 'msg_1' }
  return translatePolar(event, { headers, endpoint, fetchFromApi: null })
}

async function newsOf(event: object) {
  const { news } = await translate(event)
  if (news.kind !== 'purchase') throw new Error(`It is ${news.kind}.`)
  return news
}

test.each([
  ['an order', orderPaid(at, oneOff), [...bought, paid(null)]],
  [
    'an order of several seats',
    orderPaid(at, { ...oneOff, seats: 4 }),
    [customer, items({ quantity: 4 }), paid(null)],
  ],
  ['the first payment of a subscription', orderPaid(at), [...bought, paid(periodEndMs)]],
  [
    'a renewal, which may contain only a difference',
    orderPaid(at, { billing_reason: 'subscription_cycle' }),
    [customer, paid(periodEndMs)],
  ],
  [
    'a new subscription, which may be unpaid',
    subscriptionEvent('subscription.created', at, { status: 'incomplete' }),
    bought,
  ],
  ['an active subscription', subscriptionEvent('subscription.active', at), [...bought, uncanceled]],
  [
    'a new period, which is not paid yet',
    subscriptionEvent('subscription.cycled', at, { current_period_end: '2026-05-01T10:00:00Z' }),
    [...bought, uncanceled],
  ],
  [
    'a trial',
    subscriptionEvent('subscription.created', at, { status: 'trialing', trial_end: periodEnd }),
    [...bought, paid(periodEndMs, null), uncanceled],
  ],
  [
    'a free subscription',
    subscriptionEvent('subscription.active', at, { amount: 0 }),
    [...bought, paid(periodEndMs, null), uncanceled],
  ],
  [
    'more units',
    subscriptionEvent('subscription.updated', at, { units: 3 }),
    [customer, items({ quantity: 3 }), uncanceled],
  ],
  [
    'a failed payment',
    subscriptionEvent('subscription.past_due', at, { status: 'past_due' }),
    [...bought, { type: 'past_due', atMs }, uncanceled],
  ],
  [
    'an unpaid subscription',
    subscriptionEvent('subscription.updated', at, { status: 'unpaid' }),
    [...bought, { type: 'past_due', atMs }, uncanceled],
  ],
  [
    'a cancellation at the end of the period',
    subscriptionEvent('subscription.canceled', at, {
      cancel_at_period_end: true,
      ends_at: periodEnd,
    }),
    [...bought, { type: 'cancels_at', atMs, endsAtMs: periodEndMs }],
  ],
  [
    'a withdrawn cancellation',
    subscriptionEvent('subscription.uncanceled', at),
    [...bought, uncanceled],
  ],
  [
    'the end of a subscription',
    subscriptionEvent('subscription.revoked', at, { status: 'canceled', ended_at: earlier }),
    [...bought, { type: 'ended', atMs: Date.parse(earlier) }],
  ],
  [
    'a pause at the end of the period',
    subscriptionEvent('subscription.updated', at, { pause_at_period_end: true }),
    [...bought, { type: 'cancels_at', atMs, endsAtMs: periodEndMs }],
  ],
  [
    'a pause',
    subscriptionEvent('subscription.paused', at, { status: 'paused', paused_at: earlier }),
    [...bought, { type: 'cancels_at', atMs, endsAtMs: Date.parse(earlier) }],
  ],
  ['the end of a pause', subscriptionEvent('subscription.resumed', at), [...bought, uncanceled]],
  ['a refund', orderRefunded(at), [refunded('full')]],
  ['a partial refund', orderRefunded(at, { status: 'partially_refunded' }), [refunded('partial')]],
  [
    'a failed refund',
    refundUpdated(at, { status: 'failed' }),
    [{ type: 'refund_failed', atMs, paymentRef }],
  ],
  [
    'a dispute',
    refundUpdated(at, { dispute: disputeOf('needs_response') }),
    [{ type: 'disputed', atMs, disputeRef }],
  ],
  [
    'a won dispute',
    refundUpdated(at, { dispute: disputeOf('won') }),
    [{ type: 'dispute_won', atMs, disputeRef }],
  ],
  [
    'a lost dispute',
    refundUpdated(at, { dispute: disputeOf('lost') }),
    [{ type: 'dispute_lost', atMs, disputeRef }],
  ],
])('polar: facts follow from %s', async (_name, event, facts) => {
  expect((await newsOf(event)).facts).toEqual(facts as never)
})

test.each([
  ['a refund that succeeded, as the order says how much is left', refundUpdated(at)],
  ['a dispute that was prevented', refundUpdated(at, { dispute: disputeOf('prevented') })],
  [
    'a dispute of an unknown status',
    refundUpdated(at, { dispute: disputeOf('constructor' as 'won') }),
  ],
  ['an order that may be unpaid', { ...orderPaid(at), type: 'order.created' }],
  ['an unused type of another shape', { ...orderPaid(at), type: 'x.created', data: [] }],
  ['an unused type', { ...orderPaid(at), type: 'benefit_grant.created' }],
])('polar: nothing follows from %s', async (_name, event) => {
  const { news } = await translate(event)
  expect(news).toEqual({ kind: 'ignored', reason: expect.stringMatching(/^[A-Z].*\.$/) })
})

test('polar: an order and its refund lead to their subscription', async () => {
  const links = [{ from: paymentRef, to: `subscription:${subscriptionId}` }]
  for (const event of [orderPaid(at), orderRefunded(at), refundUpdated(at, { status: 'failed' })]) {
    const news = await newsOf(event)
    expect([news.ref, news.links]).toEqual([`subscription:${subscriptionId}`, links])
  }
  const sale = await newsOf(orderPaid(at, oneOff))
  expect([sale.ref, sale.links]).toEqual([paymentRef, []])
})

test('polar: metadata.licet_plan names the plan, that of the product before that of the checkout', async () => {
  const metadata = { licet_plan: 'starter' }
  const planned = (plan: string) => items({ plan }) as never
  expect((await newsOf(orderPaid(at, { ...oneOff, metadata }))).facts).toContainEqual(
    planned('starter'),
  )
  const { product } = subscription()
  const upgraded = { metadata, product: { ...product, metadata: { licet_plan: 'enterprise' } } }
  const { facts } = await newsOf(subscriptionEvent('subscription.updated', at, upgraded))
  expect(facts).toContainEqual(planned('enterprise'))
  const numbers = await newsOf(orderPaid(at, { ...oneOff, metadata: { licet_plan: 7 } }))
  expect(numbers.facts).toContainEqual(items() as never)
})

test('polar: a payment counts for the period that the subscription is in', async () => {
  const current_period_end = '2026-05-01T10:00:00Z'
  const late = { subscription: { ...orderSubscription, current_period_end } }
  const { facts } = await newsOf(orderPaid(at, { billing_reason: 'subscription_cycle', ...late }))
  expect(facts).toContainEqual(paid(Date.parse(current_period_end)) as never)
})

test('polar: the thank-you page has the ID of the checkout', async () => {
  const news = await Promise.all(
    [orderPaid(at), subscriptionEvent('subscription.active', at), orderRefunded(at)].map(newsOf),
  )
  expect(news.map(({ sessionIds }) => sessionIds)).toEqual([[checkoutId], [checkoutId], []])
})

test('polar: a new address of a customer reaches all purchases', async () => {
  const { news } = await translate(customerUpdated(at, { email: 'new@example.com' }))
  const name = 'Ada Lovelace'
  expect(news).toEqual({ kind: 'customer', ref: customerId, email: 'new@example.com', name })
  expect((await newsOf(orderPaid(at))).customerRef).toBe(customerId)
})

test('polar: an event is identified by its webhook, and its endpoint decides about test mode', async () => {
  const { eventId, type, occurredAtMs, mode } = await translate(orderPaid(at))
  expect([eventId, type, occurredAtMs, mode]).toEqual(['msg_1', 'order.paid', atMs, 'live'])
  expect((await translate(orderPaid(at), 'sandbox')).mode).toBe('test')
})

test.each([
  ['an empty object', {}],
  ['no data', { ...orderPaid(at), data: null }],
  ['an order without its customer', { ...orderPaid(at), data: { id: '1', status: 'paid' } }],
  ['a time that does not exist', orderPaid('2026-02-30T00:00:00Z')],
])('polar: %s is refused', async (_name, event) => {
  await expect(translate(event)).rejects.toBeInstanceOf(Fault)
})
