import { invalidField } from '~/domain/faults.ts'
import type { PurchaseFact, PurchaseItem } from '~/domain/purchases.ts'
import { StandardEnvelope, StandardEvent, standardTypes } from '~/wire/checkout-standard.ts'
import {
  buildCustomerFacts,
  parseEventBody,
  parseEventTime,
  parseOptionalTime,
} from './event-body.ts'
import { ignore, type News, type TranslateOptions, type Translation } from './provider.ts'

type StandardItem = NonNullable<StandardEvent['items']>[number]
type Reference = string | number | null | undefined

/** The types whose items are all that was bought. Others may list only what is refunded. */
const typesWithItems = ['paid', 'recovered', 'changed']

/** Translates the event of any shop that signs with Standard Webhooks. */
export async function translateStandard(
  body: unknown,
  { headers }: TranslateOptions,
): Promise<Translation> {
  const { type, id, occurred_at, test } = parseEventBody(StandardEnvelope, body)
  return {
    type,
    eventId: toText(id) ?? headers['webhook-id'] ?? null,
    occurredAtMs: parseEventTime(occurred_at, '/occurred_at'),
    mode: test === true ? 'test' : 'live',
    news: standardTypes.some((known) => known === type)
      ? buildNews(parseEventBody(StandardEvent, body))
      : ignore(`There is no type “${type}”. Use one of ${standardTypes.join(', ')}.`),
  }
}

function buildNews(event: StandardEvent): News {
  const atMs = parseEventTime(event.occurred_at, '/occurred_at')
  const refs = listRefs(event)
  const [ref] = refs
  if (ref === undefined) {
    throw invalidField('/order_id', 'Send an order_id, a subscription_id or a payment_id.')
  }
  const { customer, type, session_id } = event
  return {
    kind: 'purchase',
    ref,
    facts: [
      ...buildCustomerFacts(atMs, customer?.email, customer?.name),
      ...(typesWithItems.includes(type) ? buildItemFacts(event, atMs) : []),
      ...buildStepFacts(event, atMs),
    ],
    links: refs.slice(1).map((from) => ({ from, to: ref })),
    customerRef: null,
    sessionIds: session_id == null ? [] : [session_id],
  }
}

/** Returns what the event refers to. All of it leads to the first, which is the purchase. */
function listRefs({ subscription_id, order_id, payment_id }: StandardEvent): string[] {
  const ids = { subscription: subscription_id, order: order_id, payment: payment_id }
  return Object.entries(ids).flatMap(([noun, id]) => toRef(noun, id) ?? [])
}

function buildStepFacts(event: StandardEvent, atMs: number): PurchaseFact[] {
  const { type } = event
  const paymentRef = toRef('payment', event.payment_id)
  const disputeRef = toText(event.dispute_id) ?? 'dispute'
  const endsAtMs = parseOptionalTime(event.ends_at, '/ends_at')
  switch (type) {
    case 'paid':
      if (event.customer == null)
        throw invalidField('/customer', 'An event of type paid needs a customer.')
      if (event.items == null) throw invalidField('/items', 'An event of type paid needs items.')
      return [buildPayment(event, atMs, paymentRef)]
    case 'recovered':
      return [buildPayment(event, atMs, paymentRef)]
    case 'cancels':
      if (endsAtMs === null)
        throw invalidField('/ends_at', 'An event of type cancels needs ends_at.')
      return [{ type: 'cancels_at', atMs, endsAtMs }]
    case 'canceled':
      return [endsAtMs === null ? { type: 'ended', atMs } : { type: 'cancels_at', atMs, endsAtMs }]
    case 'refunded':
      return [{ type, atMs, paymentRef, share: 'full' }]
    case 'partially_refunded':
      return [{ type: 'refunded', atMs, paymentRef, share: 'partial' }]
    case 'refund_failed':
      return [{ type, atMs, paymentRef }]
    case 'disputed':
    case 'dispute_won':
    case 'dispute_lost':
      return [{ type, atMs, disputeRef }]
    case 'past_due':
    case 'uncanceled':
      return [{ type, atMs }]
    case 'changed':
      if (event.customer == null && event.items == null) {
        throw invalidField('/items', 'An event of type changed needs items or a customer.')
      }
      return []
    default:
      return type satisfies never
  }
}

function buildPayment(
  { paid_until }: StandardEvent,
  atMs: number,
  paymentRef: string | null,
): PurchaseFact {
  return {
    type: 'paid',
    atMs,
    paymentRef,
    paidUntilMs: parseOptionalTime(paid_until, '/paid_until'),
  }
}

function buildItemFacts({ items }: StandardEvent, atMs: number): PurchaseFact[] {
  if (items == null) return []
  if (items.length === 0) throw invalidField('/items', 'List at least one item.')
  const known = new Set<string>()
  const translated = items.map((item, index) => {
    const purchased = buildItem(item, index)
    if (known.has(purchased.ref)) {
      throw invalidField(`/items/${index}/id`, 'Give each item an id of its own, or add them up.')
    }
    known.add(purchased.ref)
    return purchased
  })
  return [{ type: 'items', atMs, items: translated }]
}

function buildItem(item: StandardItem, index: number): PurchaseItem {
  const price = toText(item.price)
  const product = toText(item.product)
  const plan = toText(item.plan)
  const named = price ?? product ?? plan
  if (named === null) {
    throw invalidField(`/items/${index}`, 'An item needs a price, a product or a plan.')
  }
  const ref = toText(item.id) ?? named
  return { ref, price, product, paymentLink: null, plan, quantity: item.quantity ?? 1 }
}

/** Keeps the IDs of different nouns apart: shops number each of them from 1. */
function toRef(noun: string, id: Reference): string | null {
  const text = toText(id)
  return text === null ? null : `${noun}:${text}`
}

function toText(id: Reference): string | null {
  return id == null || id === '' ? null : String(id)
}
