import type { models, webhooks } from '@polar-sh/sdk/2026-10'

/** Bodies that Polar sends, typed by its SDK. */

export const orderId = '0b9c7f8e-5a63-4d2b-9a2e-3f1d1c5e8a01'
export const subscriptionId = 'e5149aae-e521-42b9-b24c-abb3d71eea2e'
export const customerId = '992fae2a-2a17-4b7a-8d9e-e287cf90131b'
export const productId = 'd8dd2de1-21b7-4a41-8bc3-ce909c0cfe23'
export const priceId = 'a6b1f7d2-2c5e-4e0f-9c39-5f7f1a7e0c11'
export const checkoutId = 'f2a5c0de-8a11-4cc5-9ab3-67c1b70a5e44'
export const createdAt = '2026-03-01T10:00:00Z'
export const periodEnd = '2026-04-01T10:00:00Z'

const api_version = '2026-10'
const organization_id = '1dbfc517-0bbf-4301-9ba8-555ca42b9737'
const object = { created_at: createdAt, modified_at: null, metadata: {} }

type Metadata = models.MetadataOutputType

export function customer(more: Partial<models.CustomerIndividual> = {}): models.CustomerIndividual {
  return {
    ...object,
    id: customerId,
    email: 'Ada@Example.com',
    email_verified: true,
    type: 'individual',
    name: 'Ada Lovelace',
    billing_name: null,
    billing_address: null,
    tax_id: null,
    organization_id,
    deleted_at: null,
    first_user_event_at: null,
    avatar_url: 'https://www.gravatar.com/avatar/1',
    ...more,
  }
}

function product(metadata: Metadata): models.OrderProduct {
  return {
    ...object,
    metadata,
    id: productId,
    trial_interval: null,
    trial_interval_count: null,
    name: 'Licet Pro',
    description: null,
    visibility: 'public',
    recurring_interval: 'month',
    recurring_interval_count: 1,
    meter_interval: null,
    meter_interval_count: null,
    is_recurring: true,
    is_archived: false,
    organization_id,
  }
}

const price: models.ProductPriceFixed = {
  created_at: createdAt,
  modified_at: null,
  id: priceId,
  source: 'catalog',
  amount_type: 'fixed',
  price_currency: 'usd',
  tax_behavior: null,
  is_archived: false,
  product_id: productId,
  price_amount: 1000,
}

export const orderSubscription: models.OrderSubscription = {
  ...object,
  id: subscriptionId,
  amount: 1000,
  currency: 'usd',
  recurring_interval: 'month',
  recurring_interval_count: 1,
  status: 'active',
  current_period_start: createdAt,
  current_period_end: periodEnd,
  current_meter_period_start: null,
  current_meter_period_end: null,
  trial_start: null,
  trial_end: null,
  cancel_at_period_end: false,
  canceled_at: null,
  started_at: createdAt,
  ends_at: null,
  ended_at: null,
  pause_at_period_end: false,
  paused_at: null,
  resumes_at: null,
  customer_id: customerId,
  product_id: productId,
  discount_id: null,
  checkout_id: checkoutId,
  seats: null,
  units: null,
  customer_cancellation_reason: null,
  customer_cancellation_comment: null,
}

export function order(more: Partial<models.Order> = {}): models.Order {
  return {
    ...object,
    id: orderId,
    status: 'paid',
    paid: true,
    subtotal_amount: 1000,
    discount_amount: 0,
    net_amount: 1000,
    tax_amount: 0,
    total_amount: 1000,
    applied_balance_amount: 0,
    due_amount: 0,
    refunded_amount: 0,
    refunded_tax_amount: 0,
    currency: 'usd',
    billing_reason: 'subscription_create',
    billing_name: null,
    billing_address: null,
    invoice_number: null,
    is_invoice_generated: false,
    receipt_number: null,
    seats: null,
    units: null,
    customer_id: customerId,
    product_id: productId,
    discount_id: null,
    subscription_id: subscriptionId,
    checkout_id: checkoutId,
    platform_fee_amount: 0,
    platform_fee_currency: null,
    customer: customer(),
    product: product({}),
    discount: null,
    subscription: orderSubscription,
    items: [
      {
        created_at: createdAt,
        modified_at: null,
        id: 'f0b5a6d8-41a0-4b0c-8e7a-6f3f3c2b1a01',
        label: 'Licet Pro',
        amount: 1000,
        tax_amount: 0,
        proration: false,
        product_price_id: priceId,
        start_timestamp: createdAt,
        end_timestamp: periodEnd,
      },
    ],
    description: 'Licet Pro',
    refundable_amount: 1000,
    refundable_tax_amount: 0,
    ...more,
  }
}

export const oneOff = {
  billing_reason: 'purchase',
  subscription_id: null,
  subscription: null,
} as const satisfies Partial<models.Order>

export function orderPaid(
  timestamp: string,
  more: Partial<models.Order> = {},
): webhooks.WebhookOrderPaidPayload {
  return { type: 'order.paid', timestamp, api_version, data: order(more) }
}

export function orderRefunded(
  timestamp: string,
  more: Partial<models.Order> = {},
): webhooks.WebhookOrderRefundedPayload {
  const data = order({ status: 'refunded', refunded_amount: 1000, ...more })
  return { type: 'order.refunded', timestamp, api_version, data }
}

export function subscription(more: Partial<models.Subscription> = {}): models.Subscription {
  const prices = [price]
  return {
    ...orderSubscription,
    customer: customer(),
    product: {
      ...product({}),
      is_deletable: false,
      prices,
      benefits: [],
      medias: [],
      attached_custom_fields: [],
    },
    discount: null,
    prices,
    meters: [],
    pending_update: null,
    ...more,
  }
}

type SubscriptionPayload =
  | webhooks.WebhookSubscriptionCreatedPayload
  | webhooks.WebhookSubscriptionActivePayload
  | webhooks.WebhookSubscriptionUpdatedPayload
  | webhooks.WebhookSubscriptionCycledPayload
  | webhooks.WebhookSubscriptionPastDuePayload
  | webhooks.WebhookSubscriptionCanceledPayload
  | webhooks.WebhookSubscriptionUncanceledPayload
  | webhooks.WebhookSubscriptionRevokedPayload
  | webhooks.WebhookSubscriptionPausedPayload
  | webhooks.WebhookSubscriptionResumedPayload

export function subscriptionEvent<Type extends SubscriptionPayload['type']>(
  type: Type,
  timestamp: string,
  more: Partial<models.Subscription> = {},
) {
  const data: SubscriptionPayload['data'] = subscription(more)
  return { type, timestamp, api_version, data }
}

export function refundUpdated(
  timestamp: string,
  more: Partial<models.Refund> = {},
): webhooks.WebhookRefundUpdatedPayload {
  const data: models.Refund = {
    ...object,
    id: '8b7c6d5e-0f1a-4b2c-8d3e-9f0a1b2c3d4e',
    status: 'succeeded',
    reason: 'customer_request',
    amount: 1000,
    tax_amount: 0,
    currency: 'usd',
    organization_id,
    order_id: orderId,
    subscription_id: subscriptionId,
    customer_id: customerId,
    revoke_benefits: false,
    dispute: null,
    ...more,
  }
  return { type: 'refund.updated', timestamp, api_version, data }
}

export function disputeOf(status: models.DisputeStatus): models.RefundDispute {
  return {
    created_at: createdAt,
    modified_at: null,
    id: 'dispute-1',
    status,
    resolved: false,
    closed: false,
    amount: 1000,
    tax_amount: 0,
    currency: 'usd',
    reason: null,
    evidence_due_by: null,
    past_due: false,
    order_id: orderId,
    payment_id: '42b94870-36b9-4573-96b6-b90b1c99a353',
  }
}

export function customerUpdated(
  timestamp: string,
  more: Partial<models.CustomerIndividual> = {},
): webhooks.WebhookCustomerUpdatedPayload {
  return { type: 'customer.updated', timestamp, api_version, data: customer(more) }
}
