import { Fault } from '~/domain/faults.ts'
import type { PurchaseFact, PurchaseItem } from '~/domain/purchases.ts'
import { SECOND_MS } from '~/domain/times.ts'
import { buildCustomerFacts, parseEventBody } from './event-body.ts'
import {
  type FetchFromApi,
  ignore,
  type Link,
  type News,
  type TranslateOptions,
} from './provider.ts'
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
    return ignore('Nothing was sold in this session: it only stores a payment method.')
  }
  const sale = subscription === null ? await buildSale(session, atMs, fetchFromApi) : null
  const { email, name } = session.customer_details ?? {}
  return {
    kind: 'purchase',
    ref: sale?.ref ?? subscription ?? session.id,
    customerRef: idOf(session.customer),
    sessionIds: [session.id],
    facts: [
      ...buildOriginFacts(session, atMs),
      ...buildCustomerFacts(atMs, email ?? session.customer_email, name),
      ...(sale?.facts ?? []),
    ],
    links: buildLinks(session, subscription),
    ...(sale?.unmatchedReason !== undefined && { unmatchedReason: sale.unmatchedReason }),
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
  readonly ref: string
  readonly facts: readonly PurchaseFact[]
  readonly unmatchedReason?: string
}

async function buildSale(
  session: Session,
  atMs: number,
  fetchFromApi: FetchFromApi | null,
): Promise<Sale> {
  const sale = await buildItems(session, atMs, fetchFromApi)
  // Some payment methods take days; until then the session is complete, but `unpaid`.
  if (session.payment_status === 'unpaid') return sale
  const paymentRef = idOf(session.payment_intent) ?? session.id
  return { ...sale, facts: [...sale.facts, { type: 'paid', atMs, paymentRef, paidUntilMs: null }] }
}

async function buildItems(
  session: Session,
  atMs: number,
  fetchFromApi: FetchFromApi | null,
): Promise<Sale> {
  const { id, line_items } = session
  if (line_items == null && fetchFromApi === null) {
    return buildUnknownItems(session, explainMissingPrice(session))
  }
  const path = `/v1/checkout/sessions/${encodeURIComponent(id)}/line_items`
  try {
    const list = line_items ?? { data: [], has_more: true }
    const lines = await listAll(LineItems, list, { path, fetchFromApi })
    return { ref: id, facts: [{ type: 'items', atMs, items: lines.map(toItem(session)) }] }
  } catch (error) {
    // Other errors pass. The session may have a rule or name a plan nevertheless.
    if (!(error instanceof Fault)) throw error
    return buildUnknownItems(session, error.message)
  }
}

/**
 * Builds what stays in place of the items until they are known: any other fact is newer. If the
 * session has an invoice, this is stored beside the items that the invoice names.
 */
function buildUnknownItems(session: Session, unmatchedReason: string): Sale {
  const { id, invoice } = session
  const item = toItem(session)({ id, quantity: 1 })
  const facts: readonly PurchaseFact[] = [{ type: 'items', atMs: 0, items: [item] }]
  const invoiceId = idOf(invoice)
  return invoiceId === null ? { ref: id, facts, unmatchedReason } : { ref: invoiceId, facts }
}

const toItem =
  ({ payment_link, metadata }: Session) =>
  ({ id, price, quantity, ...item }: LineItem): PurchaseItem => ({
    ref: id,
    price: price?.id ?? null,
    product: idOf(price?.product),
    paymentLink: idOf(payment_link),
    plan: planOf(item.metadata, price?.metadata, metadata),
    quantity: quantity ?? 1,
  })

function explainMissingPrice({ payment_link }: Session): string {
  const link = idOf(payment_link)
  const rule =
    link === null ? 'sell through a payment link that has a rule' : `create a rule for ${link}`
  return (
    'This session names no price, because events of Stripe do not contain the line items. ' +
    'Add metadata.licet_plan with the slug of a plan to the session or payment link, ' +
    `or ${rule}, or set LICET_STRIPE_API_KEY to a restricted key that may read Checkout ` +
    'Sessions, then replay the event.'
  )
}
