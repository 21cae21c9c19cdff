import type Stripe from 'stripe'

/** Objects of Stripe in the shape since API version 2025-03-31, checked against the SDK's types. */

/** A part of an object: the SDK's types, whose fields may be left out at every level. */
export type Part<Whole> = Whole extends string | number | boolean | null | undefined
  ? Whole
  : Whole extends readonly (infer Item)[]
    ? Part<Item>[]
    : { [Name in keyof Whole]?: Part<Whole[Name]> }

export const secondsOf = (text: string) => Date.parse(text) / 1000
export const boughtAt = secondsOf('2026-03-01T10:00:00Z')
export const firstEnd = secondsOf('2026-04-01T10:00:00Z')
export const secondEnd = secondsOf('2026-05-01T10:00:00Z')

export interface ItemFields {
  readonly id: string
  readonly price: string
  readonly quantity: number | undefined
  readonly metadata: Record<string, string>
  readonly priceMetadata: Record<string, string>
}

export interface SubscriptionFields {
  readonly status: Stripe.Subscription.Status
  readonly items: readonly Partial<ItemFields>[]
  readonly hasMore: boolean
  readonly periodEnd: number
  readonly cancel_at: number | null
  readonly cancel_at_period_end: boolean
  readonly canceled_at: number | null
  readonly ended_at: number | null
  readonly trial_end: number | null
  readonly latest_invoice: string | null
  readonly metadata: Record<string, string>
}

export interface LineFields {
  readonly id: string
  /** Null for a line that is no item of a subscription. */
  readonly item: string | null
  readonly price: string
  readonly quantity: number
  readonly isProration: boolean
  readonly end: number
  readonly metadata: Record<string, string>
}

export interface InvoiceFields {
  readonly id: string
  readonly subscription: string | null
  readonly billing_reason: Stripe.Invoice.BillingReason
  readonly collection_method: Stripe.Invoice.CollectionMethod
  readonly created: number
  readonly customer_email: string | null
  readonly lines: readonly Partial<LineFields>[]
  readonly hasMore: boolean
  readonly amount_paid: number
  /** Only invoices of the old shape name them. */
  readonly payment_intent: string | null
  readonly charge: string | null
  readonly metadata: Record<string, string>
}

export interface ChargeFields {
  readonly id: string
  readonly payment_intent: string | null
  /** Only charges of the old shape name it. */
  readonly invoice: string | null
  readonly amount_refunded: number
}

/** Builds the objects whose shape has changed. */
export interface Shape {
  readonly subscription: (more?: Partial<SubscriptionFields>) => object
  readonly invoice: (more?: Partial<InvoiceFields>) => object
  readonly charge: (more?: Partial<ChargeFields>) => object
}

export const subscriptionDefaults: SubscriptionFields = {
  status: 'active',
  items: [{}],
  hasMore: false,
  periodEnd: firstEnd,
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  ended_at: null,
  trial_end: null,
  latest_invoice: null,
  metadata: {},
}
export const itemDefaults: ItemFields = {
  id: 'si_pro',
  price: 'price_pro',
  quantity: 1,
  metadata: {},
  priceMetadata: {},
}
export const lineDefaults: LineFields = {
  id: 'il_pro',
  item: 'si_pro',
  price: 'price_pro',
  quantity: 1,
  isProration: false,
  end: firstEnd,
  metadata: {},
}
export const invoiceDefaults: InvoiceFields = {
  id: 'in_first',
  subscription: 'sub_pro',
  billing_reason: 'subscription_create',
  collection_method: 'charge_automatically',
  created: boughtAt,
  customer_email: 'dev@example.com',
  lines: [{}],
  hasMore: false,
  amount_paid: 3000,
  payment_intent: 'pi_first',
  charge: 'ch_first',
  metadata: {},
}
export const chargeDefaults: ChargeFields = {
  id: 'ch_first',
  payment_intent: 'pi_first',
  invoice: 'in_first',
  amount_refunded: 3000,
}

function buildItem(fields: Partial<ItemFields>, current_period_end: number) {
  const { id, price, quantity, metadata, priceMetadata } = { ...itemDefaults, ...fields }
  return {
    id,
    object: 'subscription_item',
    current_period_end,
    metadata,
    price: { id: price, object: 'price', product: `prod_of_${price}`, metadata: priceMetadata },
    ...(quantity !== undefined && { quantity }),
    subscription: 'sub_pro',
  } satisfies Part<Stripe.SubscriptionItem>
}

function buildSubscription(more: Partial<SubscriptionFields> = {}) {
  const { items, hasMore, periodEnd, ...fields } = { ...subscriptionDefaults, ...more }
  return {
    id: 'sub_pro',
    object: 'subscription',
    ...fields,
    created: boughtAt,
    customer: 'cus_dev',
    items: { data: items.map((item) => buildItem(item, periodEnd)), has_more: hasMore },
    livemode: true,
    pause_collection: null,
  } satisfies Part<Stripe.Subscription>
}

function buildLine(more: Partial<LineFields>, subscription: string | null) {
  const { id, item, price, quantity, isProration, end, metadata } = { ...lineDefaults, ...more }
  const own = { proration: isProration, proration_details: null, subscription }
  return {
    id,
    object: 'line_item',
    metadata,
    parent: {
      type: item === null ? 'invoice_item_details' : 'subscription_item_details',
      invoice_item_details: item === null ? { invoice_item: 'ii_extra', ...own } : null,
      subscription_item_details:
        item === null ? null : { invoice_item: null, subscription_item: item, ...own },
    },
    period: { start: boughtAt, end },
    pricing: {
      type: 'price_details',
      price_details: { price, product: `prod_of_${price}` },
    },
    quantity,
  } satisfies Part<Stripe.InvoiceLineItem>
}

function buildInvoice(more: Partial<InvoiceFields> = {}) {
  const { subscription, lines, hasMore, payment_intent, charge, ...fields } = {
    ...invoiceDefaults,
    ...more,
  }
  return {
    object: 'invoice',
    ...fields,
    customer: 'cus_dev',
    customer_name: 'Dev',
    lines: { data: lines.map((line) => buildLine(line, subscription)), has_more: hasMore },
    livemode: true,
    parent:
      subscription === null
        ? null
        : {
            type: 'subscription_details',
            quote_details: null,
            subscription_details: { subscription, metadata: fields.metadata },
          },
    // The end of the period before, which is paid already.
    period_end: fields.created,
    status_transitions: { finalized_at: fields.created },
  } satisfies Part<Stripe.Invoice>
}

function buildCharge(more: Partial<ChargeFields> = {}) {
  const { invoice, ...fields } = { ...chargeDefaults, ...more }
  return {
    object: 'charge',
    ...fields,
    amount: 3000,
    livemode: true,
    refunded: fields.amount_refunded === 3000,
  } satisfies Part<Stripe.Charge>
}

export const recentShape: Shape = {
  subscription: buildSubscription,
  invoice: buildInvoice,
  charge: buildCharge,
}

export interface RawEvent {
  readonly id: string
  readonly type: string
  readonly created: number
  readonly livemode: boolean
}

let lastEvent = 0

/** Builds the event of an object, as Stripe sends it. */
export function buildEvent(
  type: Stripe.Event.Type | 'charge.refund.updated',
  created: number,
  object: object,
  previous_attributes?: object,
): RawEvent {
  lastEvent += 1
  const event = {
    id: `evt_${lastEvent}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    type,
    created,
    data: { object, ...(previous_attributes && { previous_attributes }) },
    livemode: true,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
  } satisfies Part<Stripe.EventBase>
  return event
}

export function buildSession(more: Part<Stripe.Checkout.Session> = {}) {
  return {
    id: 'cs_live_a1b2c3',
    object: 'checkout.session',
    created: boughtAt - 60,
    customer: null,
    customer_details: { email: 'dev@example.com', name: 'Dev' },
    customer_email: null,
    invoice: null,
    livemode: true,
    metadata: {},
    mode: 'payment',
    payment_intent: 'pi_once',
    payment_link: null,
    payment_status: 'paid',
    status: 'complete',
    subscription: null,
    ...more,
  } satisfies Part<Stripe.Checkout.Session>
}

export const buildInvoicePayment = (more: Part<Stripe.InvoicePayment> = {}) =>
  ({
    id: 'inpay_first',
    object: 'invoice_payment',
    invoice: 'in_first',
    payment: { type: 'payment_intent', payment_intent: 'pi_first' },
    status: 'paid',
    ...more,
  }) satisfies Part<Stripe.InvoicePayment>

export const buildRefund = (more: Part<Stripe.Refund> = {}) =>
  ({
    id: 're_first',
    object: 'refund',
    amount: 3000,
    charge: 'ch_first',
    payment_intent: 'pi_first',
    status: 'failed',
    ...more,
  }) satisfies Part<Stripe.Refund>

export const buildDispute = (status: Stripe.Dispute.Status, more: Part<Stripe.Dispute> = {}) =>
  ({
    id: 'dp_first',
    object: 'dispute',
    charge: 'ch_first',
    payment_intent: 'pi_first',
    reason: 'fraudulent',
    status,
    ...more,
  }) satisfies Part<Stripe.Dispute>

export const buildCustomer = (more: Part<Stripe.Customer> = {}) =>
  ({
    id: 'cus_dev',
    object: 'customer',
    email: 'new@example.com',
    name: 'Dev',
    livemode: true,
    ...more,
  }) satisfies Part<Stripe.Customer>
