import { expect, test } from 'bun:test'
import { translateLemonsqueezy } from '~/checkout/providers/lemonsqueezy.ts'
import { Fault } from '~/domain/faults.ts'
import {
  createdAt,
  identifier,
  invoiceEvent,
  licenseKeyCreated,
  orderEvent,
  orderId,
  subscriptionEvent,
  subscriptionId,
} from './lemonsqueezy-events.ts'

const later = '2026-03-05T08:00:00.000000Z'
const createdAtMs = Date.parse(createdAt)
const laterMs = Date.parse(later)
const renewsAtMs = Date.parse('2026-04-01T10:00:00Z')
const resumesAt = '2026-06-01T00:00:00.000000Z'

const customer = (atMs: number) => ({
  type: 'customer',
  atMs,
  email: 'ada@example.com',
  name: 'Ada Lovelace',
})
const items = (atMs: number, more: object = {}) => {
  const names = { ref: 'item', price: '30', product: '20' }
  return {
    type: 'items',
    atMs,
    items: [{ ...names, paymentLink: null, plan: null, quantity: 1, ...more }],
  }
}
const bought = (atMs: number) => [customer(atMs), items(atMs)]
const paid = (atMs: number, paidUntilMs: number | null, paymentRef: string | null = null) => ({
  type: 'paid',
  atMs,
  paymentRef,
  paidUntilMs,
})
const uncanceled = { type: 'uncanceled', atMs: laterMs }
const changed = (
  status: 'on_trial' | 'active' | 'paused' | 'past_due' | 'unpaid' | 'cancelled' | 'expired',
) => ({
  status,
  updated_at: later,
})

function translate(event: object) {
  return translateLemonsqueezy(event, { headers: {}, endpoint: null, fetchFromApi: null })
}

async function newsOf(event: object) {
  const { news } = await translate(event)
  if (news.kind !== 'purchase') throw new Error(`It is ${news.kind}.`)
  return news
}

test.each([
  [
    'an order',
    orderEvent('created'),
    [...bought(createdAtMs), paid(createdAtMs, null, `order:${orderId}`)],
  ],
  [
    'an order that is not paid yet',
    orderEvent('created', { status: 'pending' }),
    bought(createdAtMs),
  ],
  ['a fraudulent order', orderEvent('created', { status: 'fraudulent' }), bought(createdAtMs)],
  [
    'a new subscription',
    subscriptionEvent('created'),
    [
      ...bought(createdAtMs),
      paid(createdAtMs, renewsAtMs),
      { type: 'uncanceled', atMs: createdAtMs },
    ],
  ],
  [
    'a renewed subscription',
    subscriptionEvent('updated', changed('active')),
    [...bought(laterMs), paid(laterMs, renewsAtMs), uncanceled],
  ],
  [
    'a trial, whose quantity only the order has',
    subscriptionEvent('created', {
      ...changed('on_trial'),
      trial_ends_at: resumesAt,
      first_subscription_item: null,
    }),
    [customer(laterMs), paid(laterMs, Date.parse(resumesAt)), uncanceled],
  ],
  [
    'another variant and quantity',
    subscriptionEvent('updated', {
      ...changed('active'),
      variant_id: 31,
      first_subscription_item: {
        id: 5,
        subscription_id: subscriptionId,
        price_id: 41,
        quantity: 3,
        is_usage_based: false,
        created_at: createdAt,
        updated_at: later,
      },
    }),
    [
      customer(laterMs),
      items(laterMs, { price: '31', quantity: 3 }),
      paid(laterMs, renewsAtMs),
      uncanceled,
    ],
  ],
  [
    'a failed payment, after which `renews_at` is the next attempt',
    subscriptionEvent('updated', changed('past_due')),
    [...bought(laterMs), { type: 'past_due', atMs: laterMs }],
  ],
  [
    'an unpaid subscription',
    subscriptionEvent('updated', changed('unpaid')),
    [...bought(laterMs), { type: 'past_due', atMs: laterMs }],
  ],
  [
    'a cancellation, which is valid until its end',
    subscriptionEvent('cancelled', {
      ...changed('cancelled'),
      cancelled: true,
      ends_at: resumesAt,
    }),
    [...bought(laterMs), { type: 'cancels_at', atMs: laterMs, endsAtMs: Date.parse(resumesAt) }],
  ],
  [
    'a withdrawn cancellation',
    subscriptionEvent('resumed', changed('active')),
    [...bought(laterMs), paid(laterMs, renewsAtMs), uncanceled],
  ],
  [
    'the end of a subscription',
    subscriptionEvent('expired', { ...changed('expired'), ends_at: '2026-03-04T00:00:00.000000Z' }),
    [...bought(laterMs), { type: 'ended', atMs: Date.parse('2026-03-04T00:00:00Z') }],
  ],
  [
    'a pause during which nothing is offered',
    subscriptionEvent('paused', { ...changed('paused'), pause: { mode: 'void' } }),
    bought(laterMs),
  ],
  [
    'a pause that is free',
    subscriptionEvent('paused', {
      ...changed('paused'),
      pause: { mode: 'free', resumes_at: resumesAt },
    }),
    [...bought(laterMs), paid(laterMs, Date.parse(resumesAt)), uncanceled],
  ],
  [
    'the end of a pause',
    subscriptionEvent('unpaused', changed('active')),
    [...bought(laterMs), paid(laterMs, renewsAtMs), uncanceled],
  ],
  [
    'a payment of a subscription, which extends nothing itself',
    invoiceEvent('success', 8, { updated_at: later }),
    [paid(laterMs, laterMs, 'invoice:8')],
  ],
  [
    'a recovered payment',
    invoiceEvent('recovered', 8, { updated_at: later }),
    [paid(laterMs, laterMs, 'invoice:8')],
  ],
  [
    'a failed payment of an invoice',
    invoiceEvent('failed', 8, { status: 'pending', updated_at: later }),
    [{ type: 'past_due', atMs: laterMs }],
  ],
  [
    'a refunded payment of a subscription',
    invoiceEvent('refunded', 8, {
      status: 'refunded',
      refunded: true,
      refunded_at: later,
      refunded_amount: 1199,
    }),
    [{ type: 'refunded', atMs: laterMs, paymentRef: 'invoice:8', share: 'full' }],
  ],
  [
    'a partly refunded payment of a subscription',
    invoiceEvent('refunded', 8, {
      status: 'partial_refund',
      refunded_at: later,
      refunded_amount: 10,
    }),
    [{ type: 'refunded', atMs: laterMs, paymentRef: 'invoice:8', share: 'partial' }],
  ],
  [
    'a refunded order',
    orderEvent('refunded', {
      status: 'refunded',
      refunded: true,
      refunded_at: later,
      refunded_amount: 1199,
    }),
    [{ type: 'refunded', atMs: laterMs, paymentRef: `order:${orderId}`, share: 'full' }],
  ],
  [
    'a partly refunded order, in the form of older events',
    orderEvent('refunded', { status: 'refunded', refunded_at: later, refunded_amount: 1198 }),
    [{ type: 'refunded', atMs: laterMs, paymentRef: `order:${orderId}`, share: 'partial' }],
  ],
  [
    'a license key of Lemon Squeezy',
    licenseKeyCreated(),
    [
      {
        type: 'key',
        atMs: createdAtMs,
        itemRef: 'item',
        key: '80e15db5-c796-436b-850c-8f9c98a48abe',
      },
    ],
  ],
])('lemonsqueezy: facts follow from %s', async (_name, event, facts) => {
  expect((await newsOf(event)).facts).toEqual(facts as never)
})

test('lemonsqueezy: all events of a sale lead to its order', async () => {
  const sale = [
    orderEvent('created'),
    subscriptionEvent('created'),
    licenseKeyCreated(),
    orderEvent('refunded'),
  ]
  for (const event of sale) expect((await newsOf(event)).ref).toBe(`order:${orderId}`)
  const { links } = await newsOf(subscriptionEvent('created'))
  expect(links).toEqual([{ from: `subscription:${subscriptionId}`, to: `order:${orderId}` }])
  expect((await newsOf(invoiceEvent('success', 8))).ref).toBe(`subscription:${subscriptionId}`)
})

test('lemonsqueezy: the thank-you page has the UUID of the order, never its number', async () => {
  const news = await Promise.all([orderEvent('created'), subscriptionEvent('created')].map(newsOf))
  expect(news.map(({ sessionIds }) => sessionIds)).toEqual([[identifier], []])
})

test('lemonsqueezy: an event has no ID, and the time of its last change', async () => {
  const { type, eventId, occurredAtMs } = await translate(
    subscriptionEvent('updated', changed('active')),
  )
  expect([type, eventId, occurredAtMs]).toEqual(['subscription_updated', null, laterMs])
})

test('lemonsqueezy: the event itself says whether it is of test mode', async () => {
  const modes = [orderEvent('created'), orderEvent('created', {}, true)].map(translate)
  expect((await Promise.all(modes)).map(({ mode }) => mode)).toEqual(['live', 'test'])
})

test('lemonsqueezy: a usage-based item, whose quantity is 0, is one license', async () => {
  const first_subscription_item = {
    id: 5,
    subscription_id: subscriptionId,
    price_id: 40,
    quantity: 0,
    is_usage_based: true,
    created_at: createdAt,
    updated_at: createdAt,
  }
  const { facts } = await newsOf(subscriptionEvent('created', { first_subscription_item }))
  expect(facts).toContainEqual(items(createdAtMs) as never)
})

test('lemonsqueezy: nothing follows from a type that is not used', async () => {
  const { meta, data } = orderEvent('created')
  const { news } = await translate({ meta: { ...meta, event_name: 'affiliate_activated' }, data })
  const reason = 'Licet does not use events of type affiliate_activated.'
  expect(news).toEqual({ kind: 'ignored', reason })
})

test.each([
  ['an empty object', {}],
  ['no attributes', { ...orderEvent('created'), data: { id: '1' } }],
  ['an order without its UUID', orderEvent('created', { identifier: '' })],
  ['a time that does not exist', orderEvent('created', { updated_at: '2026-02-30T00:00:00Z' })],
])('lemonsqueezy: %s is refused', async (_name, event) => {
  await expect(translate(event)).rejects.toBeInstanceOf(Fault)
})
