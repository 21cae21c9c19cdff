import { type Static, Type } from '@sinclair/typebox'
import { Fault } from '~/domain/faults.ts'
import type { PurchaseFact, PurchaseItem } from '~/domain/purchases.ts'
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

const Id = Type.String({ minLength: 1, maxLength: 255 })
const Period = optional(Type.Object({ ends_at: Type.String() }))
const Price = Type.Object({
  id: Id,
  product_id: optional(Id),
  billing_cycle: optional(Type.Object({})),
})

const Event = Type.Object({
  event_id: Id,
  event_type: Type.String({ minLength: 1, maxLength: 100 }),
  occurred_at: Type.String(),
  data: Type.Unknown(),
})

const Customer = Type.Object({ id: Id, email: Type.String(), name: optional(Type.String()) })
const FetchedCustomer = Type.Object({
  data: Type.Composite([Customer, Type.Object({ updated_at: Type.String() })]),
})

const Item = Type.Object({
  status: Type.Optional(Type.String()),
  price: optional(Price),
  quantity: Type.Integer({ minimum: 0 }),
})
type Item = Static<typeof Item>

const Transaction = Type.Object({
  id: Id,
  customer_id: optional(Id),
  subscription_id: optional(Id),
  origin: Type.String(),
  billing_period: Period,
  items: Type.Array(Item),
})
type Transaction = Static<typeof Transaction>

const Subscription = Type.Object({
  id: Id,
  status: Type.String(),
  /** Only the event that created it has it. */
  transaction_id: optional(Id),
  customer_id: Id,
  current_billing_period: Period,
  scheduled_change: optional(Type.Object({ action: Type.String(), effective_at: Type.String() })),
  canceled_at: optional(Type.String()),
  paused_at: optional(Type.String()),
  items: Type.Array(Item),
})
type Subscription = Static<typeof Subscription>

const Adjustment = Type.Object({
  action: Type.String(),
  type: optional(Type.String()),
  transaction_id: Id,
  status: Type.String(),
})

/** Translates an event of Paddle Billing. Addresses are only in the events of customers. */
export async function translatePaddle(
  body: unknown,
  options: TranslateOptions,
): Promise<Translation> {
  const { event_id, event_type, occurred_at, data } = parseEventBody(Event, body)
  const atMs = parseEventTime(occurred_at, '/occurred_at')
  return {
    type: event_type,
    eventId: event_id,
    occurredAtMs: atMs,
    mode: modeOfEndpoint(options),
    news: await buildNews(event_type, data, atMs, options),
  }
}

async function buildNews(
  type: string,
  data: unknown,
  atMs: number,
  options: TranslateOptions,
): Promise<News> {
  switch (type) {
    case 'transaction.completed':
      return addCustomer(buildTransactionNews(parseEventBody(Transaction, data), atMs), options)
    case 'adjustment.created':
    case 'adjustment.updated':
      return buildAdjustmentNews(data, atMs)
    case 'customer.created':
    case 'customer.updated':
    case 'customer.imported':
      return translateCustomer(data)
    default:
  }
  if (!type.startsWith('subscription.')) return ignore(`Licet does not use events of type ${type}.`)
  const news = buildSubscriptionNews(type, parseEventBody(Subscription, data), atMs)
  // The sale has two events, which would both ask for the same customer.
  return type === 'subscription.imported' ? addCustomer(news, options) : news
}

function translateCustomer(data: unknown): News {
  const { id, email, name } = parseEventBody(Customer, data)
  return buildCustomerNews(id, email, name)
}

/** Looks up the address of a new customer, as its own event may be older than the endpoint. */
async function addCustomer(news: News, { fetchFromApi }: TranslateOptions): Promise<News> {
  if (news.kind !== 'purchase' || news.customerRef === null || fetchFromApi === null) return news
  const path = `/customers/${encodeURIComponent(news.customerRef)}`
  const fetched = await fetchFromApi(path).catch((error: unknown) => {
    // A key without permission must not stop sales whose address arrives in an event.
    if (error instanceof Fault) return null
    throw error
  })
  if (fetched === null) return news
  const { email, name, updated_at } = parseEventBody(FetchedCustomer, fetched).data
  const customer = buildCustomerFacts(parseEventTime(updated_at, '/data/updated_at'), email, name)
  return { ...news, facts: [...news.facts, ...customer] }
}

/** Payments come from here alone: a subscription is active before its next period is paid. */
function buildTransactionNews(transaction: Transaction, atMs: number): News {
  const { id, origin, billing_period, customer_id = null } = transaction
  if (origin === 'subscription_payment_method_change') {
    return ignore('Only the payment method was changed.')
  }
  // A single charge, such as one for an extra product, is a purchase of its own.
  const isCharge = origin === 'subscription_charge'
  const subscriptionId = isCharge ? null : (transaction.subscription_id ?? null)
  const endsAtMs = parseOptionalTime(billing_period?.ends_at, '/data/billing_period/ends_at')
  const paidUntilMs = endsAtMs ?? (subscriptionId === null ? null : atMs)
  // Later transactions may contain only a difference, so the subscription has the items.
  const hasAllItems = subscriptionId === null || !origin.startsWith('subscription_')
  const items = transaction.items.filter(
    ({ price }) => subscriptionId === null || price?.billing_cycle != null,
  )
  return {
    kind: 'purchase',
    ref: subscriptionId ?? id,
    facts: [
      ...(hasAllItems ? buildItemFacts(items, atMs) : []),
      { type: 'paid', atMs, paymentRef: id, paidUntilMs },
    ],
    links: subscriptionId === null ? [] : [{ from: id, to: subscriptionId }],
    customerRef: customer_id,
    sessionIds: [id],
  }
}

function buildSubscriptionNews(type: string, subscription: Subscription, atMs: number): News {
  const { id, transaction_id, customer_id, status, items } = subscription
  const isRunning = !['canceled', 'paused'].includes(status)
  const current = items.filter((item) => item.status !== 'inactive')
  return {
    kind: 'purchase',
    ref: id,
    facts: [
      ...(isRunning ? buildItemFacts(current, atMs) : []),
      ...buildStatusFacts(subscription, atMs, type === 'subscription.imported'),
    ],
    links: transaction_id == null ? [] : [{ from: transaction_id, to: id }],
    customerRef: customer_id,
    sessionIds: [],
  }
}

function buildStatusFacts(
  subscription: Subscription,
  atMs: number,
  isImported: boolean,
): PurchaseFact[] {
  const { status, canceled_at, paused_at, scheduled_change, current_billing_period } = subscription
  if (status === 'canceled') {
    return [{ type: 'ended', atMs: parseOptionalTime(canceled_at, '/data/canceled_at') ?? atMs }]
  }
  if (status === 'paused') {
    const endsAtMs = parseOptionalTime(paused_at, '/data/paused_at') ?? atMs
    return [{ type: 'cancels_at', atMs, endsAtMs }]
  }
  const facts: PurchaseFact[] = []
  const endsAtMs = parseOptionalTime(
    current_billing_period?.ends_at,
    '/data/current_billing_period',
  )
  // No transaction pays for a trial, or for the period in which a subscription was imported.
  const isGranted = status === 'trialing' || (isImported && status === 'active')
  if (isGranted && endsAtMs !== null) {
    facts.push({ type: 'paid', atMs, paymentRef: null, paidUntilMs: endsAtMs })
  }
  if (status === 'past_due') facts.push({ type: 'past_due', atMs })
  const isEnding = scheduled_change != null && ['cancel', 'pause'].includes(scheduled_change.action)
  if (!isEnding) return [...facts, { type: 'uncanceled', atMs }]
  const effectiveAtMs = parseEventTime(scheduled_change.effective_at, '/data/scheduled_change')
  return [...facts, { type: 'cancels_at', atMs, endsAtMs: effectiveAtMs }]
}

/** Money moves only once Paddle approves an adjustment, and moves back if it is reversed. */
function buildAdjustmentNews(data: unknown, atMs: number): News {
  const adjustment = parseEventBody(Adjustment, data)
  const { action, type, status, transaction_id: paymentRef } = adjustment
  if (status !== 'approved' && status !== 'reversed') {
    return ignore(`This adjustment has the status ${status}, so nothing was paid back.`)
  }
  const isReversed = status === 'reversed'
  switch (action) {
    case 'refund':
      return toPaymentNews(
        paymentRef,
        isReversed
          ? { type: 'refund_failed', atMs, paymentRef }
          : { type: 'refunded', atMs, paymentRef, share: type === 'full' ? 'full' : 'partial' },
      )
    case 'chargeback':
    case 'chargeback_warning':
      return toPaymentNews(paymentRef, {
        type: isReversed ? 'dispute_won' : 'disputed',
        atMs,
        disputeRef: paymentRef,
      })
    case 'chargeback_reverse':
    case 'chargeback_warning_reverse':
      return toPaymentNews(paymentRef, { type: 'dispute_won', atMs, disputeRef: paymentRef })
    default:
      return ignore(`An adjustment of type ${action} changes no license.`)
  }
}

function toPaymentNews(ref: string, fact: PurchaseFact): News {
  return { kind: 'purchase', ref, facts: [fact], links: [], customerRef: null, sessionIds: [] }
}

/** Paddle's items have no ID: there is one for each price. `custom_data` can be set by the buyer. */
function buildItemFacts(items: readonly Item[], atMs: number): PurchaseFact[] {
  const byPrice = new Map<string, PurchaseItem>()
  for (const { price, quantity } of items) {
    if (price == null) continue
    byPrice.set(price.id, {
      ref: price.id,
      price: price.id,
      product: price.product_id ?? null,
      paymentLink: null,
      plan: null,
      quantity: (byPrice.get(price.id)?.quantity ?? 0) + quantity,
    })
  }
  return byPrice.size === 0 ? [] : [{ type: 'items', atMs, items: [...byPrice.values()] }]
}
