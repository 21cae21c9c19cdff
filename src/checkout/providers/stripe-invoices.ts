import { Fault } from '~/domain/faults.ts'
import type { PurchaseFact, PurchaseItem } from '~/domain/purchases.ts'
import { SECOND_MS } from '~/domain/times.ts'
import { buildCustomerFacts, parseEventBody } from './event-body.ts'
import { ignore, type Link, type News, type TranslateOptions } from './provider.ts'
import { listAll } from './stripe-lists.ts'
import {
  Invoice,
  type InvoiceLine,
  InvoiceLines,
  InvoicePayment,
  idOf,
  planOf,
  type StripeEvent,
} from './stripe-objects.ts'

/** Translates a paid invoice, also one of nothing, such as the first one of a trial. */
export async function translatePaidInvoice(
  event: StripeEvent,
  { fetchFromApi }: TranslateOptions,
): Promise<News> {
  const invoice = parseEventBody(Invoice, event.data.object)
  const isComplete = invoice.lines.has_more !== true || fetchFromApi !== null
  const path = `/v1/invoices/${encodeURIComponent(invoice.id)}/lines`
  const lines = isComplete
    ? await listAll(InvoiceLines, invoice.lines, { path, fetchFromApi })
    : invoice.lines.data
  const items = isComplete ? buildItemFacts(invoice, lines) : []
  if (subscriptionOf(invoice) === null) return buildNews(invoice, items)

  const paidUntilMs = findPaidUntil(invoice, lines, isComplete)
  const atMs = event.created * SECOND_MS
  const paid: PurchaseFact = { type: 'paid', atMs, paymentRef: invoice.id, paidUntilMs }
  return buildNews(invoice, [...items, paid])
}

/** Translates a failed attempt to charge for a subscription. */
export function translateUnpaidInvoice({ data, created }: StripeEvent): News {
  const invoice = parseEventBody(Invoice, data.object)
  if (subscriptionOf(invoice) === null) return notOfSubscription
  if (invoice.collection_method === 'send_invoice') {
    return ignore(
      'The customer may still pay this invoice until it is due. Its subscription says when it is late.',
    )
  }
  return buildNews(invoice, [{ type: 'past_due', atMs: created * SECOND_MS }])
}

/** Translates an invoice that was given up, perhaps long after: later ones may have been paid. */
export function translateUncollectibleInvoice({ data }: StripeEvent): News {
  const invoice = parseEventBody(Invoice, data.object)
  if (subscriptionOf(invoice) === null) return notOfSubscription
  return buildNews(invoice, [{ type: 'past_due', atMs: invoice.created * SECOND_MS }])
}

/** Translates which payment belongs to which invoice: refunds and disputes name only the payment. */
export function translateInvoicePayment({ data }: StripeEvent): News {
  const payment = parseEventBody(InvoicePayment, data.object)
  const ref = idOf(payment.invoice) ?? ''
  const links = linkPayment(payment, ref)
  if (links.length === 0) {
    return ignore('The payment was made outside of Stripe.')
  }
  return { kind: 'purchase', ref, facts: [], links, customerRef: null, sessionIds: [] }
}

const notOfSubscription = ignore(
  'This invoice belongs to no subscription: nothing is granted before it is paid.',
)

function subscriptionOf({ parent, subscription }: Invoice): string | null {
  return idOf(parent?.subscription_details?.subscription) ?? idOf(subscription)
}

/**
 * Builds news of the invoice, which leads to its subscription, or to the session of a one-off sale.
 * So the items that these name themselves prevail over those of the invoice.
 */
function buildNews(invoice: Invoice, facts: readonly PurchaseFact[]): News {
  const { id, customer, customer_email, customer_name, created, status_transitions } = invoice
  const subscription = subscriptionOf(invoice)
  // The address is the one that the customer had when the invoice was finalized.
  const atMs = (status_transitions?.finalized_at ?? created) * SECOND_MS
  return {
    kind: 'purchase',
    ref: id,
    facts: [...buildCustomerFacts(atMs, customer_email, customer_name), ...facts],
    links: [
      ...(subscription === null ? [] : [{ from: id, to: subscription }]),
      ...linkPayment(invoice, id),
      ...(invoice.payments?.data ?? []).flatMap(({ payment }) => linkPayment({ payment }, id)),
    ],
    customerRef: idOf(customer),
    sessionIds: [],
  }
}

type Payment = Pick<InvoicePayment, 'payment'> | Pick<Invoice, 'charge' | 'payment_intent'>

function linkPayment(paid: Payment, invoice: string): readonly Link[] {
  const { charge, payment_intent } = 'payment' in paid ? paid.payment : paid
  const intentId = idOf(payment_intent)
  const chargeId = idOf(charge)
  return [
    ...(intentId === null ? [] : [{ from: intentId, to: invoice }]),
    ...(chargeId === null ? [] : [{ from: chargeId, to: intentId ?? invoice }]),
  ]
}

const isProration = ({ parent, proration }: InvoiceLine) =>
  parent?.subscription_item_details?.proration ?? proration ?? false

/** Returns the item of the subscription whose next period this line pays for; null for all others. */
function renewedItemOf(line: InvoiceLine): string | null {
  if (isProration(line)) return null
  return idOf(line.parent?.subscription_item_details?.subscription_item ?? line.subscription_item)
}

/**
 * Returns until when the subscription is paid for. `period_end` of the invoice is something else.
 * Prorations and extras never extend it, but show that nothing is past due.
 */
function findPaidUntil(
  invoice: Invoice,
  lines: readonly InvoiceLine[],
  isComplete: boolean,
): number {
  const ends = lines.filter((line) => renewedItemOf(line) !== null).map(({ period }) => period.end)
  if (ends.length === 0 && !isComplete) {
    throw new Fault(
      'invalid_request',
      'This invoice has more lines than the event contains, so the period that it pays for is not ' +
        'known. Set LICET_STRIPE_API_KEY to a key that may read invoices, then replay the event.',
    )
  }
  return (ends.length === 0 ? invoice.created : Math.max(...ends)) * SECOND_MS
}

/** Returns what was sold. An invoice is as old as it was created, however late it is paid. */
function buildItemFacts(invoice: Invoice, lines: readonly InvoiceLine[]): readonly PurchaseFact[] {
  const isOneOff = subscriptionOf(invoice) === null
  const items = lines.flatMap((line) => {
    const ref = isOneOff ? line.id : renewedItemOf(line)
    return ref === null ? [] : [buildItem(invoice, line, ref)]
  })
  return items.length === 0 ? [] : [{ type: 'items', atMs: invoice.created * SECOND_MS, items }]
}

function buildItem(invoice: Invoice, line: InvoiceLine, ref: string): PurchaseItem {
  const { metadata, price, pricing, quantity } = line
  const details = invoice.parent?.subscription_details ?? invoice.subscription_details
  return {
    ref,
    price: idOf(pricing?.price_details?.price) ?? price?.id ?? null,
    product: idOf(pricing?.price_details?.product) ?? idOf(price?.product),
    paymentLink: null,
    plan: planOf(metadata, price?.metadata, details?.metadata),
    quantity: quantity ?? 1,
  }
}
