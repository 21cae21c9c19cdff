import type {
  IAdjustmentNotificationResponse,
  ICustomerNotificationResponse,
  IPriceNotificationResponse,
  ISubscriptionCreatedNotificationResponse,
  ISubscriptionItemNotificationResponse,
  ISubscriptionNotificationResponse,
  ITransactionNotificationResponse,
} from '@paddle/paddle-node-sdk'

/** Bodies that Paddle sends, typed by the SDK's types of raw notifications. */

export const proMonthly = 'pri_01pro'
export const transactionId = 'txn_01hv8wptq8987qeep44cyrewp9'
export const subscriptionId = 'sub_01hv8x29kz0t586xy6zn1a62ny'
export const customerId = 'ctm_01hv6y1jedq4p1n0yqn5ba3ky4'

const createdAt = '2026-03-01T10:00:00.000000Z'
const monthly = { interval: 'month', frequency: 1 } as const

interface Raw {
  readonly event_id: string
  readonly notification_id: string | null
  readonly event_type: string
  readonly occurred_at: string
  readonly data: object
}

function buildEvent(event_type: string, occurred_at: string, data: object): Raw {
  const event_id = `evt_${event_type}_${occurred_at}`
  return { event_id, notification_id: `ntf_${event_id}`, event_type, occurred_at, data }
}

export function price(
  id: string,
  more: Partial<IPriceNotificationResponse> = {},
): IPriceNotificationResponse {
  return {
    id,
    product_id: `pro_of_${id}`,
    description: 'Monthly',
    type: 'standard',
    billing_cycle: monthly,
    tax_mode: 'account_setting',
    unit_price: { amount: '3000', currency_code: 'USD' },
    unit_price_overrides: [],
    quantity: { minimum: 1, maximum: 100 },
    status: 'active',
    ...more,
  }
}

export function subscriptionItem(
  id: string,
  more: Partial<ISubscriptionItemNotificationResponse> = {},
): ISubscriptionItemNotificationResponse {
  return {
    status: 'active',
    quantity: 1,
    recurring: true,
    created_at: createdAt,
    updated_at: createdAt,
    price: price(id),
    ...more,
  }
}

export function transactionCompleted(
  occurredAt: string,
  more: Partial<ITransactionNotificationResponse> = {},
): Raw {
  const transaction: ITransactionNotificationResponse = {
    id: transactionId,
    status: 'completed',
    customer_id: customerId,
    // A buyer can set it in the checkout, so it must not choose a plan.
    custom_data: { licet_plan: 'enterprise', email: 'buyer@example.org' },
    currency_code: 'USD',
    origin: 'web',
    subscription_id: subscriptionId,
    collection_mode: 'automatic',
    billing_period: { starts_at: '2026-03-01T10:00:00Z', ends_at: '2026-04-01T10:00:00Z' },
    items: [{ price: price(proMonthly), quantity: 1 }],
    payments: [],
    created_at: createdAt,
    updated_at: occurredAt,
    ...more,
  }
  return buildEvent('transaction.completed', occurredAt, transaction)
}

const subscription: ISubscriptionNotificationResponse = {
  id: subscriptionId,
  status: 'active',
  customer_id: customerId,
  address_id: 'add_01hv8gq3318ktkfengj2r75gfx',
  currency_code: 'USD',
  created_at: createdAt,
  updated_at: createdAt,
  collection_mode: 'automatic',
  current_billing_period: { starts_at: '2026-03-01T10:00:00Z', ends_at: '2026-04-01T10:00:00Z' },
  billing_cycle: monthly,
  scheduled_change: null,
  items: [subscriptionItem(proMonthly)],
  custom_data: { licet_plan: 'enterprise' },
}

export function subscriptionEvent(
  name: string,
  occurredAt: string,
  more: Partial<ISubscriptionNotificationResponse> = {},
): Raw {
  const changed = { ...subscription, ...more } satisfies ISubscriptionNotificationResponse
  return buildEvent(`subscription.${name}`, occurredAt, changed)
}

export function subscriptionCreated(
  occurredAt: string,
  more: Partial<ISubscriptionCreatedNotificationResponse> = {},
): Raw {
  const created: ISubscriptionCreatedNotificationResponse = {
    ...subscription,
    transaction_id: transactionId,
    ...more,
  }
  return buildEvent('subscription.created', occurredAt, created)
}

export function adjustmentEvent(
  name: 'created' | 'updated',
  occurredAt: string,
  more: Partial<IAdjustmentNotificationResponse> = {},
): Raw {
  const adjustment: IAdjustmentNotificationResponse = {
    id: 'adj_01hvgf2s84dr6reszzg29zbvcm',
    action: 'refund',
    type: 'full',
    transaction_id: transactionId,
    subscription_id: subscriptionId,
    customer_id: customerId,
    reason: 'error',
    credit_applied_to_balance: false,
    currency_code: 'USD',
    status: 'approved',
    items: [],
    totals: {
      subtotal: '100',
      tax: '0',
      total: '100',
      fee: '5',
      earnings: '95',
      currency_code: 'USD',
      retained_fee: '0',
    },
    created_at: occurredAt,
    updated_at: occurredAt,
    ...more,
  }
  return buildEvent(`adjustment.${name}`, occurredAt, adjustment)
}

export function customer(
  more: Partial<ICustomerNotificationResponse> = {},
): ICustomerNotificationResponse {
  return {
    id: customerId,
    name: 'Ada Lovelace',
    email: 'Ada@Example.com',
    marketing_consent: false,
    status: 'active',
    locale: 'en',
    created_at: createdAt,
    updated_at: createdAt,
    ...more,
  }
}

export function customerEvent(
  name: 'created' | 'updated',
  occurredAt: string,
  more: Partial<ICustomerNotificationResponse> = {},
): Raw {
  return buildEvent(`customer.${name}`, occurredAt, customer(more))
}
