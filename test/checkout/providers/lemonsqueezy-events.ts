import type {
  LicenseKey,
  Order,
  Subscription,
  SubscriptionInvoice,
} from '@lemonsqueezy/lemonsqueezy.js'

/**
 * Bodies that Lemon Squeezy sends: an object of its API, whose type is the SDK's, and `meta`. The SDK
 * has no type for `meta`, and lists fewer states than the documentation of Lemon Squeezy.
 */

type AttributesOf<Resource extends { readonly data: { readonly attributes: object } }> =
  Resource['data']['attributes']
type OrderAttributes = Omit<AttributesOf<Order>, 'refunded_at' | 'status'> & {
  /** The SDK says Date, but JSON has none. */
  readonly refunded_at: string | null
  readonly status: AttributesOf<Order>['status'] | 'partial_refund' | 'fraudulent'
}
type SubscriptionAttributes = AttributesOf<Subscription>
type InvoiceAttributes = Omit<AttributesOf<SubscriptionInvoice>, 'status'> & {
  readonly status: AttributesOf<SubscriptionInvoice>['status'] | 'partial_refund'
}
type KeyAttributes = AttributesOf<LicenseKey>

export const orderId = 7701
export const subscriptionId = 7702
export const identifier = '89b36d62-4f5c-4353-853f-0c769d0535c8'
export const createdAt = '2026-03-01T10:00:00.000000Z'
const customer = { customer_id: 1, user_name: 'Ada Lovelace', user_email: 'Ada@Example.com' }
const store = { store_id: 1, test_mode: false, created_at: createdAt, updated_at: createdAt }

function buildEvent(
  type: 'orders' | 'subscriptions' | 'subscription-invoices' | 'license-keys',
  event_name: string,
  id: number,
  attributes: object,
  test_mode = false,
) {
  return {
    // A buyer can set it in the link to the checkout, so it must not choose a plan.
    meta: { event_name, test_mode, custom_data: { licet_plan: 'enterprise' } },
    data: { type, id: String(id), attributes, relationships: {}, links: {} },
  }
}

export function orderEvent(
  name: 'created' | 'refunded',
  more: Partial<OrderAttributes> = {},
  test_mode = false,
) {
  const order: OrderAttributes = {
    ...store,
    ...customer,
    identifier,
    order_number: 7,
    currency: 'USD',
    currency_rate: '1.0000',
    subtotal: 999,
    setup_fee: 0,
    discount_total: 0,
    tax: 200,
    total: 1199,
    refunded_amount: 0,
    subtotal_usd: 999,
    setup_fee_usd: 0,
    discount_total_usd: 0,
    tax_usd: 200,
    total_usd: 1199,
    refunded_amount_usd: 0,
    tax_name: 'VAT',
    tax_rate: '20.00',
    tax_inclusive: false,
    status: 'paid',
    status_formatted: 'Paid',
    refunded: false,
    refunded_at: null,
    subtotal_formatted: '$9.99',
    setup_fee_formatted: '$0.00',
    discount_total_formatted: '$0.00',
    tax_formatted: '$2.00',
    total_formatted: '$11.99',
    refunded_amount_formatted: '$0.00',
    first_order_item: {
      id: 3,
      order_id: orderId,
      product_id: 20,
      variant_id: 30,
      price_id: 40,
      quantity: 1,
      product_name: 'Licet',
      variant_name: 'Pro',
      price: 999,
      created_at: createdAt,
      updated_at: createdAt,
      test_mode: false,
    },
    urls: { receipt: 'https://app.lemonsqueezy.com/my-orders/1' },
    ...more,
  }
  return buildEvent('orders', `order_${name}`, orderId, order, test_mode)
}

export function subscriptionEvent(
  name: 'created' | 'updated' | 'cancelled' | 'resumed' | 'expired' | 'paused' | 'unpaused',
  more: Partial<SubscriptionAttributes> = {},
) {
  const subscription: SubscriptionAttributes = {
    ...store,
    ...customer,
    order_id: orderId,
    order_item_id: 3,
    product_id: 20,
    variant_id: 30,
    product_name: 'Licet',
    variant_name: 'Pro',
    status: 'active',
    status_formatted: 'Active',
    card_brand: 'visa',
    card_last_four: '4242',
    pause: null,
    cancelled: false,
    trial_ends_at: null,
    billing_anchor: 1,
    first_subscription_item: {
      id: 5,
      subscription_id: subscriptionId,
      price_id: 40,
      quantity: 1,
      is_usage_based: false,
      created_at: createdAt,
      updated_at: createdAt,
    },
    urls: {
      update_payment_method: 'https://example.lemonsqueezy.com/subscription/2',
      customer_portal: 'https://example.lemonsqueezy.com/billing',
      customer_portal_update_subscription: 'https://example.lemonsqueezy.com/billing/2',
    },
    renews_at: '2026-04-01T10:00:00.000000Z',
    ends_at: null,
    ...more,
  }
  return buildEvent('subscriptions', `subscription_${name}`, subscriptionId, subscription)
}

export function invoiceEvent(
  name: 'success' | 'failed' | 'recovered' | 'refunded',
  id: number,
  more: Partial<InvoiceAttributes> = {},
) {
  const invoice: InvoiceAttributes = {
    ...store,
    ...customer,
    subscription_id: subscriptionId,
    billing_reason: 'renewal',
    card_brand: 'visa',
    card_last_four: '4242',
    currency: 'USD',
    currency_rate: '1.00000000',
    status: 'paid',
    status_formatted: 'Paid',
    refunded: false,
    refunded_at: null,
    subtotal: 999,
    discount_total: 0,
    tax: 200,
    tax_inclusive: false,
    total: 1199,
    refunded_amount: 0,
    refunded_amount_usd: 0,
    refunded_amount_formatted: '$0.00',
    subtotal_usd: 999,
    discount_total_usd: 0,
    tax_usd: 200,
    total_usd: 1199,
    subtotal_formatted: '$9.99',
    discount_total_formatted: '$0.00',
    tax_formatted: '$2.00',
    total_formatted: '$11.99',
    urls: { invoice_url: null },
    ...more,
  }
  return buildEvent('subscription-invoices', `subscription_payment_${name}`, id, invoice)
}

export function licenseKeyCreated(more: Partial<KeyAttributes> = {}) {
  const key: KeyAttributes = {
    ...store,
    ...customer,
    order_id: orderId,
    order_item_id: 3,
    product_id: 20,
    key: '80e15db5-c796-436b-850c-8f9c98a48abe',
    key_short: 'XXXX-8f9c98a48abe',
    activation_limit: 5,
    instances_count: 0,
    disabled: 0,
    status: 'inactive',
    status_formatted: 'Inactive',
    expires_at: null,
    ...more,
  }
  return buildEvent('license-keys', 'license_key_created', 9, key)
}
