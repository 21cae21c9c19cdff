import { Fault } from '~/domain/faults.ts'
import type { PurchaseFact, PurchaseItem } from '~/domain/purchases.ts'
import { SECOND_MS } from '~/domain/times.ts'
import { buildCustomerFacts, parseEventBody } from './event-body.ts'
import type { FetchFromApi, Link, News, TranslateOptions } from './provider.ts'
import { listAll } from './stripe-lists.ts'
import {
  idOf,
  type LineItem,
  LineItems,
  planOf,
  type Reference,
  Session,
  type StripeEvent,
} from './stripe-objects.ts'

/**
 * Translates a session of Stripe Checkout, or of a payment link. A session that sells a subscription
 * belongs to it, and says who bought it where; what was paid for is in invoices.
 */
export async function translateSession(
  { data, created }: StripeEvent,
  { fetchFromApi }: TranslateOptions,
): Promise<News> {
  const session = parseEventBody(Session, data.object)
  const atMs = created * SECOND_MS
  const subscription = idOf(session.subscription)
  if (session.mode === 'setup') {
    return { kind: 'ignored', reason: 'The session has sold nothing: it stores a payment method.' }
  }
  const sold =
    subscription === null ? await buildSaleFacts(session, atMs, fetchFromApi) : { facts: [] }
  const { email, name } = session.customer_details ?? {}
  return {
    kind: 'purchase',
    ref: subscription ?? session.id,
    customerRef: idOf(session.customer),
    sessionIds: [session.id],
    ...sold,
    facts: [
      ...buildOriginFacts(session, atMs),
      ...buildCustomerFacts(atMs, email ?? session.customer_email, name),
      ...sold.facts,
    ],
    links: buildLinks(session, subscription),
  }
}

function buildOriginFacts(
  { payment_link, metadata }: Session,
  atMs: number,
): readonly PurchaseFact[] {
  const paymentLink = idOf(payment_link)
  const plan = planOf(metadata)
  if (paymentLink === null && plan === null) return []
  return [{ type: 'origin', atMs, paymentLink, plan }]
}

/** The payment and the invoice of a one-off sale belong to its session, all of it to a subscription. */
function buildLinks(session: Session, subscription: string | null): readonly Link[] {
  const to = subscription ?? session.id
  const parts: readonly (Reference | null | undefined)[] = [
    session.payment_intent,
    session.invoice,
    subscription === null ? null : session.id,
  ]
  return parts.flatMap((part) => {
    const from = idOf(part)
    return from === null ? [] : [{ from, to }]
  })
}

interface Sale {
  readonly facts: readonly PurchaseFact[]
  readonly unmatchedReason?: string
}

async function buildSaleFacts(
  session: Session,
  atMs: number,
  fetchFromApi: FetchFromApi | null,
): Promise<Sale> {
  const { facts, ...reason } = await buildItemFacts(session, atMs, fetchFromApi)
  // Some payment methods take days; until then the session is complete, but `unpaid`.
  if (session.payment_status === 'unpaid') return { facts, ...reason }
  const paymentRef = idOf(session.payment_intent) ?? session.id
  return { facts: [...facts, { type: 'paid', atMs, paymentRef, paidUntilMs: null }], ...reason }
}

async function buildItemFacts(
  session: Session,
  atMs: number,
  fetchFromApi: FetchFromApi | null,
): Promise<Sale> {
  const toItem = buildItem(session)
  if (session.line_items == null && fetchFromApi === null) {
    return { facts: [buildUnknownItem(session)], unmatchedReason: explainMissingPrice(session) }
  }
  const list = session.line_items ?? { data: [], has_more: true }
  const path = `/v1/checkout/sessions/${encodeURIComponent(session.id)}/line_items`
  try {
    const items = await listAll(LineItems, list, { path, fetchFromApi })
    return { facts: [{ type: 'items', atMs, items: items.map(toItem) }] }
  } catch (error) {
    // Other errors pass by themselves. The session may name a plan or payment link nevertheless.
    if (!(error instanceof Fault)) throw error
    return { facts: [buildUnknownItem(session)], unmatchedReason: error.message }
  }
}

const buildItem =
  ({ payment_link, metadata }: Session) =>
  ({ id, price, quantity, ...item }: LineItem): PurchaseItem => ({
    ref: id,
    price: price?.id ?? null,
    product: idOf(price?.product),
    paymentLink: idOf(payment_link),
    plan: planOf(item.metadata, price?.metadata, metadata),
    quantity: quantity ?? 1,
  })

/** Returns what stays in place of the items until they are known: any other fact is newer. */
function buildUnknownItem(session: Session): PurchaseFact {
  return {
    type: 'items',
    atMs: 0,
    items: [buildItem(session)({ id: session.id, price: null, quantity: 1 })],
  }
}

function explainMissingPrice({ payment_link }: Session): string {
  const link = idOf(payment_link)
  return [
    'This session names no price, because events of Stripe do not contain the line items.',
    'Add metadata.licet_plan with the slug of a plan to the session or payment link,',
    link === null
      ? 'or sell through a payment link that has a rule,'
      : `or create a rule for ${link},`,
    'or set LICET_STRIPE_API_KEY to a restricted key that may read Checkout Sessions.',
    'Then replay the event.',
  ].join(' ')
}
