import { type Static, Type } from '@sinclair/typebox'
import type { PurchaseFact, PurchaseItem } from '~/domain/purchases.ts'
import {
  buildCustomerFacts,
  optional,
  parseEventBody,
  parseEventTime,
  parseOptionalTime,
} from './event-body.ts'
import {
  ignore,
  type News,
  type PurchaseNews,
  type TranslateOptions,
  type Translation,
} from './provider.ts'

/** An order has one item, which has an ID of its own in each of the objects that mention it. */
const ITEM_REF = 'item'

const Id = Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Integer()])
const Quantity = optional(Type.Integer({ minimum: 0 }))

const times = { created_at: Type.String(), updated_at: Type.String() }
const customer = { user_email: optional(Type.String()), user_name: optional(Type.String()) }
const amounts = {
  status: Type.String(),
  total: optional(Type.Number()),
  refunded_amount: optional(Type.Number()),
  refunded_at: optional(Type.String()),
}

const Event = Type.Object({
  meta: Type.Object({
    event_name: Type.String({ minLength: 1, maxLength: 100 }),
    test_mode: optional(Type.Boolean()),
  }),
  data: Type.Object({ id: Id, attributes: Type.Object(times) }),
})

const Order = Type.Object({
  ...times,
  ...customer,
  ...amounts,
  identifier: Type.String({ minLength: 1, maxLength: 255 }),
  first_order_item: optional(Type.Object({ product_id: Id, variant_id: Id, quantity: Quantity })),
})

const Subscription = Type.Object({
  ...times,
  ...customer,
  order_id: Id,
  product_id: Id,
  variant_id: Id,
  status: Type.String(),
  renews_at: optional(Type.String()),
  ends_at: optional(Type.String()),
  trial_ends_at: optional(Type.String()),
  pause: optional(Type.Object({ mode: Type.String(), resumes_at: optional(Type.String()) })),
  first_subscription_item: optional(Type.Object({ quantity: Quantity })),
})
type Subscription = Static<typeof Subscription>

const Invoice = Type.Object({ ...times, ...amounts, subscription_id: Id })

const LicenseKey = Type.Object({
  ...times,
  order_id: Id,
  key: Type.String({ minLength: 1, maxLength: 255 }),
})

type Attributes = Static<typeof Event>['data']['attributes']

/**
 * Translates an event of Lemon Squeezy. A sale has up to four events, which all lead to its order.
 * `meta.custom_data` can be set by the buyer, so nothing follows from it.
 */
export async function translateLemonsqueezy(
  body: unknown,
  _options: TranslateOptions,
): Promise<Translation> {
  const { meta, data } = parseEventBody(Event, body)
  return {
    type: meta.event_name,
    eventId: null,
    occurredAtMs: parseEventTime(data.attributes.updated_at, '/data/attributes/updated_at'),
    mode: meta.test_mode === true ? 'test' : 'live',
    news: buildNews(meta.event_name, data.id, data.attributes),
  }
}

function buildNews(type: string, id: Static<typeof Id>, attributes: Attributes): News {
  switch (type) {
    case 'order_created':
      return buildOrderNews(`order:${id}`, attributes)
    case 'order_refunded': {
      const order = parseEventBody(Order, attributes)
      return buildRefundNews(`order:${id}`, `order:${id}`, order)
    }
    case 'subscription_payment_success':
    case 'subscription_payment_recovered':
    case 'subscription_payment_failed':
    case 'subscription_payment_refunded':
      return buildInvoiceNews(type, `invoice:${id}`, attributes)
    case 'license_key_created':
      return buildKeyNews(attributes)
    case 'subscription_created':
    case 'subscription_updated':
    case 'subscription_cancelled':
    case 'subscription_resumed':
    case 'subscription_expired':
    case 'subscription_paused':
    case 'subscription_unpaused':
      return buildSubscriptionNews(`subscription:${id}`, attributes)
    default:
      return ignore(`Licet does not use events of type ${type}.`)
  }
}

function buildPurchaseNews(
  ref: string,
  facts: readonly PurchaseFact[],
  more: Partial<PurchaseNews> = {},
): News {
  return { kind: 'purchase', ref, facts, links: [], customerRef: null, sessionIds: [], ...more }
}

/** Everything is from the time of the sale: later events of an order still contain its first state. */
function buildOrderNews(ref: string, attributes: Attributes): News {
  const order = parseEventBody(Order, attributes)
  const atMs = parseEventTime(order.created_at, '/data/attributes/created_at')
  const { first_order_item: item, status } = order
  const isPaid = ['paid', 'refunded', 'partial_refund'].includes(status)
  return buildPurchaseNews(
    ref,
    [
      ...buildCustomerFacts(atMs, order.user_email, order.user_name),
      ...(item == null ? [] : [buildItemFact(atMs, item, item.quantity)]),
      ...(isPaid ? [{ type: 'paid', atMs, paymentRef: ref, paidUntilMs: null } as const] : []),
    ],
    // The number of the order could be guessed.
    { sessionIds: [order.identifier] },
  )
}

function buildSubscriptionNews(ref: string, attributes: Attributes): News {
  const subscription = parseEventBody(Subscription, attributes)
  const atMs = parseEventTime(subscription.updated_at, '/data/attributes/updated_at')
  const { first_subscription_item: item } = subscription
  const orderRef = `order:${subscription.order_id}`
  return buildPurchaseNews(
    orderRef,
    [
      ...buildCustomerFacts(atMs, subscription.user_email, subscription.user_name),
      // Without an item, as during a trial, the quantity is only in the order.
      ...(item == null ? [] : [buildItemFact(atMs, subscription, item.quantity)]),
      ...buildStatusFacts(subscription, atMs),
    ],
    { links: [{ from: ref, to: orderRef }] },
  )
}

function buildStatusFacts(subscription: Subscription, atMs: number): PurchaseFact[] {
  const { status, pause } = subscription
  const time = (name: 'renews_at' | 'ends_at' | 'trial_ends_at') =>
    parseOptionalTime(subscription[name], `/data/attributes/${name}`)
  const continues = (paidUntilMs: number | null): PurchaseFact[] => [
    ...(paidUntilMs === null
      ? []
      : [{ type: 'paid', atMs, paymentRef: null, paidUntilMs } as const]),
    { type: 'uncanceled', atMs },
  ]
  switch (status) {
    case 'on_trial':
      return continues(time('trial_ends_at') ?? time('renews_at'))
    case 'active':
      return continues(time('renews_at'))
    case 'paused':
      // In the mode `void` nothing is offered: the license ends with the period that was paid.
      return pause?.mode === 'free'
        ? continues(
            parseOptionalTime(pause.resumes_at, '/data/attributes/pause') ?? time('renews_at'),
          )
        : []
    // While a payment is overdue, `renews_at` is the time of the next attempt.
    case 'past_due':
    case 'unpaid':
      return [{ type: 'past_due', atMs }]
    case 'cancelled':
      return [{ type: 'cancels_at', atMs, endsAtMs: time('ends_at') ?? time('renews_at') ?? atMs }]
    case 'expired':
      return [{ type: 'ended', atMs: time('ends_at') ?? atMs }]
    default:
      return []
  }
}

/** Translates a payment. Its invoice knows the subscription, but not the period that it pays for. */
function buildInvoiceNews(type: string, paymentRef: string, attributes: Attributes): News {
  const invoice = parseEventBody(Invoice, attributes)
  const ref = `subscription:${invoice.subscription_id}`
  if (type === 'subscription_payment_refunded') return buildRefundNews(ref, paymentRef, invoice)
  const atMs = parseEventTime(invoice.updated_at, '/data/attributes/updated_at')
  return buildPurchaseNews(ref, [
    type === 'subscription_payment_failed'
      ? { type: 'past_due', atMs }
      : { type: 'paid', atMs, paymentRef, paidUntilMs: atMs },
  ])
}

interface Refund {
  readonly status: string
  readonly total?: number | null
  readonly refunded_amount?: number | null
  readonly refunded_at?: string | null
  readonly updated_at: string
}

function buildRefundNews(ref: string, paymentRef: string, refund: Refund): News {
  const { status, total, refunded_amount, refunded_at, updated_at } = refund
  const isPartial =
    status === 'partial_refund' ||
    (total != null && refunded_amount != null && refunded_amount < total)
  const atMs = parseEventTime(refunded_at ?? updated_at, '/data/attributes/refunded_at')
  const share = isPartial ? 'partial' : 'full'
  return buildPurchaseNews(ref, [{ type: 'refunded', atMs, paymentRef, share }])
}

function buildKeyNews(attributes: Attributes): News {
  const { order_id, key, created_at } = parseEventBody(LicenseKey, attributes)
  const atMs = parseEventTime(created_at, '/data/attributes/created_at')
  return buildPurchaseNews(`order:${order_id}`, [{ type: 'key', atMs, itemRef: ITEM_REF, key }])
}

/** A variant is what other providers call a price. Usage-based ones have a quantity of 0. */
function buildItemFact(
  atMs: number,
  {
    product_id,
    variant_id,
  }: { readonly product_id: string | number; readonly variant_id: string | number },
  quantity: number | null | undefined,
): PurchaseFact {
  const item: PurchaseItem = {
    ref: ITEM_REF,
    price: String(variant_id),
    product: String(product_id),
    paymentLink: null,
    plan: null,
    quantity: quantity || 1,
  }
  return { type: 'items', atMs, items: [item] }
}
