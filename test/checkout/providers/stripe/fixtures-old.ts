import {
  boughtAt,
  type ChargeFields,
  chargeDefaults,
  type InvoiceFields,
  type ItemFields,
  invoiceDefaults,
  itemDefaults,
  type LineFields,
  lineDefaults,
  type Shape,
  type SubscriptionFields,
  subscriptionDefaults,
} from './fixtures.ts'

/** The same objects in the shape of API versions before 2025-03-31, for which the SDK has no types. */

function buildPrice(id: string, metadata: Record<string, string> = {}) {
  return { id, object: 'price', product: `prod_of_${id}`, metadata }
}

function buildItem(more: Partial<ItemFields>) {
  const { id, price, quantity, metadata, priceMetadata } = { ...itemDefaults, ...more }
  return {
    id,
    object: 'subscription_item',
    metadata,
    plan: { id: price, object: 'plan', product: `prod_of_${price}` },
    price: buildPrice(price, priceMetadata),
    ...(quantity !== undefined && { quantity }),
  }
}

function buildSubscription(more: Partial<SubscriptionFields> = {}) {
  const { items, hasMore, periodEnd, ...fields } = { ...subscriptionDefaults, ...more }
  return {
    id: 'sub_pro',
    object: 'subscription',
    ...fields,
    created: boughtAt,
    current_period_end: periodEnd,
    customer: 'cus_dev',
    items: { object: 'list', data: items.map(buildItem), has_more: hasMore },
    livemode: true,
    pause_collection: null,
  }
}

function buildLine(more: Partial<LineFields>, subscription: string | null) {
  const { id, item, price, quantity, isProration, end, metadata } = { ...lineDefaults, ...more }
  return {
    id,
    object: 'line_item',
    metadata,
    period: { start: boughtAt, end },
    price: buildPrice(price),
    proration: isProration,
    quantity,
    subscription,
    ...(item !== null && { subscription_item: item }),
    type: item === null || isProration ? 'invoiceitem' : 'subscription',
  }
}

function buildInvoice(more: Partial<InvoiceFields> = {}) {
  const { lines, hasMore, ...fields } = { ...invoiceDefaults, ...more }
  return {
    object: 'invoice',
    ...fields,
    customer: 'cus_dev',
    customer_name: 'Dev',
    lines: {
      object: 'list',
      data: lines.map((line) => buildLine(line, fields.subscription)),
      has_more: hasMore,
    },
    livemode: true,
    paid: true,
    period_end: fields.created,
    status_transitions: { finalized_at: fields.created },
    subscription_details: fields.subscription === null ? null : { metadata: fields.metadata },
  }
}

function buildCharge(more: Partial<ChargeFields> = {}) {
  const fields = { ...chargeDefaults, ...more }
  return {
    object: 'charge',
    ...fields,
    amount: 3000,
    livemode: true,
    refunded: fields.amount_refunded === 3000,
  }
}

export const oldShape: Shape = {
  subscription: buildSubscription,
  invoice: buildInvoice,
  charge: buildCharge,
}
