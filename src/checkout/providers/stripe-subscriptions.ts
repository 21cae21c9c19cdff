import type { PurchaseFact, PurchaseItem } from '~/domain/purchases.ts'
import { SECOND_MS } from '~/domain/times.ts'
import { parseEventBody } from './event-body.ts'
import type { News, TranslateOptions } from './provider.ts'
import { listAll } from './stripe-lists.ts'
import {
  idOf,
  planOf,
  type StripeEvent,
  Subscription,
  type SubscriptionItem,
  SubscriptionItems,
} from './stripe-objects.ts'

/**
 * Translates an event that contains a subscription. Whatever its type, it shows the whole state of
 * the subscription, so every event repeats what earlier ones have said.
 */
export async function translateSubscription(
  event: StripeEvent,
  { fetchFromApi }: TranslateOptions,
): Promise<News> {
  const subscription = parseEventBody(Subscription, event.data.object)
  const { id, latest_invoice } = subscription
  const items = await listAll(SubscriptionItems, subscription.items, {
    path: `/v1/subscription_items?subscription=${encodeURIComponent(id)}`,
    fetchFromApi,
  })
  const invoice = idOf(latest_invoice)
  return {
    kind: 'purchase',
    ref: id,
    facts: [
      { type: 'items', atMs: timeOf(event, itemFields), items: items.map(toItem(subscription)) },
      ...buildPaymentFacts(event, subscription),
      ...buildEndFacts(event, subscription),
    ],
    links: invoice === null ? [] : [{ from: invoice, to: id }],
    customerRef: idOf(subscription.customer),
    sessionIds: [],
  }
}

const itemFields = ['items', 'plan', 'quantity'] as const
const endFields = ['cancel_at', 'cancel_at_period_end', 'status'] as const

/** Returns the time of a fact. Within a second, a change beats what other events only repeat. */
function timeOf(event: StripeEvent, fields: readonly string[]): number {
  const atMs = event.created * SECOND_MS
  return hasChanged(event, fields) ? atMs : atMs - 1
}

function hasChanged({ type, data }: StripeEvent, fields: readonly string[]): boolean {
  const previous = data.previous_attributes ?? {}
  const isStatusChange = /\.(?:deleted|paused|resumed)$/.test(type)
  return fields.some((field) => field in previous || (field === 'status' && isStatusChange))
}

const toItem =
  ({ metadata }: Subscription) =>
  ({ id, price, quantity, ...item }: SubscriptionItem): PurchaseItem => ({
    ref: id,
    price: price?.id ?? null,
    product: idOf(price?.product),
    paymentLink: null,
    plan: planOf(item.metadata, price?.metadata, metadata),
    // Metered items have no quantity.
    quantity: quantity ?? 1,
  })

function buildPaymentFacts(
  event: StripeEvent,
  { status, trial_end }: Subscription,
): readonly PurchaseFact[] {
  const isPastDue = status === 'past_due' || status === 'unpaid'
  if (isPastDue) return [{ type: 'past_due', atMs: timeOf(event, ['status']) }]
  // A trial begins with an invoice of nothing, but it may be extended without one.
  if (status !== 'trialing' || trial_end == null || !hasChanged(event, ['trial_end'])) return []
  const atMs = event.created * SECOND_MS
  return [{ type: 'paid', atMs, paymentRef: null, paidUntilMs: trial_end * SECOND_MS }]
}

function buildEndFacts(event: StripeEvent, subscription: Subscription): readonly PurchaseFact[] {
  const atMs = timeOf(event, endFields)
  switch (subscription.status) {
    case 'canceled':
    case 'incomplete_expired':
      return [{ type: 'ended', atMs: findEnd(event, subscription) }]
    case 'paused': {
      // Nothing is paid for any more from the moment it was paused; later events only repeat that.
      if (!hasChanged(event, ['status'])) return []
      const pausedAt = subscription.status_details?.paused?.transitioned_at ?? event.created
      return [{ type: 'cancels_at', atMs, endsAtMs: pausedAt * SECOND_MS }]
    }
    default: {
      const endsAt = findPlannedEnd(subscription)
      return endsAt === null
        ? [{ type: 'uncanceled', atMs }]
        : [{ type: 'cancels_at', atMs, endsAtMs: endsAt * SECOND_MS }]
    }
  }
}

/** Stripe ends a subscription shortly after the time that it was canceled for, which counts. */
function findEnd({ created }: StripeEvent, { ended_at, cancel_at }: Subscription): number {
  const endedAt = ended_at ?? created
  return Math.min(endedAt, cancel_at ?? endedAt) * SECOND_MS
}

/** `canceled_at` is not the end: it is when the customer canceled. */
function findPlannedEnd(subscription: Subscription): number | null {
  const { cancel_at, cancel_at_period_end, current_period_end, items } = subscription
  if (cancel_at != null) return cancel_at
  if (cancel_at_period_end !== true) return null
  const ends = [current_period_end, ...items.data.map((item) => item.current_period_end)]
  const known = ends.filter((end) => end != null)
  return known.length === 0 ? null : Math.max(...known)
}
