import { type Static, Type } from '@sinclair/typebox'
import type { PurchaseFact } from '~/domain/purchases.ts'
import {
  buildCustomerFacts,
  buildCustomerNews,
  optional,
  parseEventBody,
  parseEventTime,
  parseOptionalTime,
} from './event-body.ts'
import {
  ignore,
  modeOfEndpoint,
  type News,
  type TranslateOptions,
  type Translation,
} from './provider.ts'

/** An order or a subscription is for one product, which may be replaced by another. */
const ITEM_REF = 'item'

const Id = Type.String({ minLength: 1, maxLength: 255 })
const Metadata = optional(Type.Record(Type.String(), Type.Unknown()))
const Product = optional(Type.Object({ metadata: Metadata }))

const Event = Type.Object({
  type: Type.String({ minLength: 1, maxLength: 100 }),
  timestamp: Type.String(),
  data: Type.Unknown(),
})

const Customer = Type.Object({
  id: Id,
  email: optional(Type.String()),
  name: optional(Type.String()),
})

const bought = {
  id: Id,
  customer: optional(Customer),
  customer_id: Id,
  product: Product,
  product_id: optional(Id),
  checkout_id: optional(Id),
  seats: optional(Type.Integer({ minimum: 0 })),
  units: optional(Type.Integer({ minimum: 0 })),
  metadata: Metadata,
}
const Bought = Type.Object(bought)
type Bought = Static<typeof Bought>

const Order = Type.Object({
  ...bought,
  status: Type.String(),
  billing_reason: Type.String(),
  subscription_id: optional(Id),
  subscription: optional(Type.Object({ current_period_end: optional(Type.String()) })),
  items: optional(Type.Array(Type.Object({ product_price_id: optional(Id) }))),
})

const Subscription = Type.Object({
  ...bought,
  status: Type.String(),
  amount: optional(Type.Number()),
  current_period_end: optional(Type.String()),
  trial_end: optional(Type.String()),
  cancel_at_period_end: optional(Type.Boolean()),
  pause_at_period_end: optional(Type.Boolean()),
  ends_at: optional(Type.String()),
  ended_at: optional(Type.String()),
  paused_at: optional(Type.String()),
  prices: optional(Type.Array(Type.Object({ id: Id }))),
})
type Subscription = Static<typeof Subscription>

const Refund = Type.Object({
  status: Type.String(),
  order_id: Id,
  subscription_id: optional(Id),
  dispute: optional(Type.Object({ id: Id, status: Type.String() })),
})

/** Translates an event of Polar. Only the vendor can set the metadata of a checkout or a product. */
export async function translatePolar(
  body: unknown,
  options: TranslateOptions,
): Promise<Translation> {
  const { type, timestamp, data } = parseEventBody(Event, body)
  const atMs = parseEventTime(timestamp, '/timestamp')
  return {
    type,
    eventId: options.headers['webhook-id'] ?? null,
    occurredAtMs: atMs,
    mode: modeOfEndpoint(options),
    news: buildNews(type, data, atMs),
  }
}

function buildNews(type: string, data: unknown, atMs: number): News {
  switch (type) {
    case 'order.paid':
      return buildOrderNews(data, atMs)
    case 'order.refunded':
      return buildRefundedNews(data, atMs)
    case 'refund.created':
    case 'refund.updated':
      return buildRefundNews(data, atMs)
    case 'customer.created':
    case 'customer.updated':
      return translateCustomer(data)
    default:
      return type.startsWith('subscription.')
        ? buildSubscriptionNews(type, data, atMs)
        : ignore(`Licet does not use events of type ${type}.`)
  }
}

function translateCustomer(data: unknown): News {
  const { id, email, name } = parseEventBody(Customer, data)
  return buildCustomerNews(id, email, name)
}

/** Payments come from here alone: a subscription is active before its next period is paid. */
function buildOrderNews(data: unknown, atMs: number): News {
  const order = parseEventBody(Order, data)
  const paidUntilMs = parseOptionalTime(
    order.subscription?.current_period_end,
    '/data/subscription/current_period_end',
  )
  const isFirst = ['purchase', 'subscription_create'].includes(order.billing_reason)
  const priceId = order.items?.find((item) => item.product_price_id != null)?.product_price_id
  return {
    kind: 'purchase',
    ...refOf(order.id, order.subscription_id),
    facts: [
      ...buildCustomerFacts(atMs, order.customer?.email, order.customer?.name),
      ...(isFirst ? [buildItemFact(order, priceId ?? null, atMs)] : []),
      {
        type: 'paid',
        atMs,
        paymentRef: `order:${order.id}`,
        paidUntilMs: order.subscription_id == null ? null : (paidUntilMs ?? atMs),
      },
    ],
    customerRef: order.customer_id,
    sessionIds: order.checkout_id == null ? [] : [order.checkout_id],
  }
}

function buildRefundedNews(data: unknown, atMs: number): News {
  const { id, subscription_id, status } = parseEventBody(Order, data)
  const share = status === 'partially_refunded' ? 'partial' : 'full'
  return {
    kind: 'purchase',
    ...refOf(id, subscription_id),
    facts: [{ type: 'refunded', atMs, paymentRef: `order:${id}`, share }],
    customerRef: null,
    sessionIds: [],
  }
}

/** Translates a refund that failed or is disputed. `order.refunded` says whether all is paid back. */
function buildRefundNews(data: unknown, atMs: number): News {
  const { status, order_id, subscription_id, dispute } = parseEventBody(Refund, data)
  const disputeType = dispute == null ? null : disputeTypes.get(dispute.status)
  const facts: PurchaseFact[] = []
  if (['failed', 'canceled'].includes(status)) {
    facts.push({ type: 'refund_failed', atMs, paymentRef: `order:${order_id}` })
  }
  if (dispute != null && disputeType != null) {
    facts.push({ type: disputeType, atMs, disputeRef: dispute.id })
  }
  if (facts.length === 0) return ignore('The event order.refunded has the result of this refund.')
  const refs = refOf(order_id, subscription_id)
  return { kind: 'purchase', ...refs, facts, customerRef: null, sessionIds: [] }
}

const disputeTypes = new Map<string, 'disputed' | 'dispute_won' | 'dispute_lost'>([
  ['early_warning', 'disputed'],
  ['needs_response', 'disputed'],
  ['under_review', 'disputed'],
  ['won', 'dispute_won'],
  ['lost', 'dispute_lost'],
])

function buildSubscriptionNews(type: string, data: unknown, atMs: number): News {
  const subscription = parseEventBody(Subscription, data)
  const { id, customer, customer_id, checkout_id, prices } = subscription
  return {
    kind: 'purchase',
    ref: `subscription:${id}`,
    facts: [
      ...buildCustomerFacts(atMs, customer?.email, customer?.name),
      buildItemFact(subscription, prices?.[0]?.id ?? null, atMs),
      ...buildStatusFacts(subscription, atMs, type === 'subscription.revoked'),
    ],
    links: [],
    customerRef: customer_id,
    sessionIds: checkout_id == null ? [] : [checkout_id],
  }
}

function buildStatusFacts(
  subscription: Subscription,
  atMs: number,
  isRevoked: boolean,
): PurchaseFact[] {
  const { status, amount } = subscription
  const time = (name: 'current_period_end' | 'trial_end' | 'ends_at' | 'ended_at' | 'paused_at') =>
    parseOptionalTime(subscription[name], `/data/${name}`)
  if (isRevoked || status === 'canceled') {
    return [{ type: 'ended', atMs: time('ended_at') ?? atMs }]
  }
  if (status === 'paused')
    return [{ type: 'cancels_at', atMs, endsAtMs: time('paused_at') ?? atMs }]
  if (status.startsWith('incomplete')) return []
  const facts: PurchaseFact[] = []
  const periodEndMs = time('current_period_end')
  // No order pays for a trial, or in advance for a subscription that is free or billed by usage.
  const grantedUntilMs =
    status === 'trialing'
      ? (time('trial_end') ?? periodEndMs)
      : status === 'active' && amount === 0
        ? periodEndMs
        : null
  if (grantedUntilMs !== null) {
    facts.push({ type: 'paid', atMs, paymentRef: null, paidUntilMs: grantedUntilMs })
  }
  if (['past_due', 'unpaid'].includes(status)) facts.push({ type: 'past_due', atMs })
  const isEnding = subscription.cancel_at_period_end || subscription.pause_at_period_end
  if (!isEnding) return [...facts, { type: 'uncanceled', atMs }]
  const endsAtMs = time('ends_at') ?? periodEndMs ?? atMs
  return [...facts, { type: 'cancels_at', atMs, endsAtMs }]
}

function refOf(orderId: string, subscriptionId: string | null | undefined) {
  const from = `order:${orderId}`
  if (subscriptionId == null) return { ref: from, links: [] }
  const ref = `subscription:${subscriptionId}`
  return { ref, links: [{ from, to: ref }] }
}

function buildItemFact(sold: Bought, price: string | null, atMs: number): PurchaseFact {
  // After an upgrade, the metadata of the checkout may still name the former plan.
  const plan = sold.product?.metadata?.licet_plan ?? sold.metadata?.licet_plan
  const item = {
    ref: ITEM_REF,
    price,
    product: sold.product_id ?? null,
    paymentLink: null,
    plan: typeof plan === 'string' && plan !== '' ? plan : null,
    quantity: sold.seats ?? sold.units ?? 1,
  }
  return { type: 'items', atMs, items: [item] }
}
