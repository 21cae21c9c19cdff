import { type Static, type TSchema, Type } from '@sinclair/typebox'

/**
 * The fields of Stripe's objects that Licet reads. API version 2025-03-31 has moved some of them:
 * a field that only older versions have is marked “old”, and both shapes are accepted.
 */

const Maybe = <Schema extends TSchema>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

const List = <Schema extends TSchema>(item: Schema) =>
  Type.Object({ data: Type.Array(item), has_more: Maybe(Type.Boolean()) })

const Id = Type.String({ minLength: 1, maxLength: 255 })
const Text = Type.String()
/** Up to the year 9999. */
const Seconds = Type.Integer({ minimum: 0, maximum: 253_402_300_799 })
const Count = Type.Integer({ minimum: 0 })

/** An object that is contained only if it was expanded; otherwise its ID. */
const Reference = Type.Union([Id, Type.Object({ id: Id })])
export type Reference = Static<typeof Reference>

const Metadata = Maybe(Type.Object({ licet_plan: Maybe(Text) }))

const Price = Type.Object({ id: Id, product: Maybe(Reference), metadata: Metadata })

export const StripeEvent = Type.Object({
  id: Id,
  type: Text,
  created: Seconds,
  livemode: Type.Boolean(),
  data: Type.Object({
    object: Type.Object({}),
    previous_attributes: Maybe(Type.Object({})),
  }),
})
export type StripeEvent = Static<typeof StripeEvent>

/** An event of API v2, which names an object instead of containing it. */
export const ThinEvent = Type.Object({
  id: Id,
  object: Type.Literal('v2.core.event'),
  type: Text,
  created: Text,
  livemode: Maybe(Type.Boolean()),
})

const LineItem = Type.Object({
  id: Id,
  price: Maybe(Price),
  quantity: Maybe(Count),
  metadata: Metadata,
})
export type LineItem = Static<typeof LineItem>
export const LineItems = List(LineItem)

export const Session = Type.Object({
  id: Id,
  mode: Text,
  payment_status: Text,
  customer: Maybe(Reference),
  customer_details: Maybe(Type.Object({ email: Maybe(Text), name: Maybe(Text) })),
  customer_email: Maybe(Text),
  invoice: Maybe(Reference),
  line_items: Maybe(LineItems),
  metadata: Metadata,
  payment_intent: Maybe(Reference),
  payment_link: Maybe(Reference),
  subscription: Maybe(Reference),
})
export type Session = Static<typeof Session>

const SubscriptionItem = Type.Object({
  id: Id,
  current_period_end: Maybe(Seconds),
  metadata: Metadata,
  price: Maybe(Price),
  quantity: Maybe(Count),
})
export type SubscriptionItem = Static<typeof SubscriptionItem>
export const SubscriptionItems = List(SubscriptionItem)

export const Subscription = Type.Object({
  id: Id,
  cancel_at: Maybe(Seconds),
  cancel_at_period_end: Maybe(Type.Boolean()),
  /** Old. */
  current_period_end: Maybe(Seconds),
  customer: Maybe(Reference),
  ended_at: Maybe(Seconds),
  items: SubscriptionItems,
  latest_invoice: Maybe(Reference),
  metadata: Metadata,
  status: Text,
  status_details: Maybe(
    Type.Object({ paused: Maybe(Type.Object({ transitioned_at: Maybe(Seconds) })) }),
  ),
  trial_end: Maybe(Seconds),
})
export type Subscription = Static<typeof Subscription>

const InvoiceLine = Type.Object({
  id: Id,
  metadata: Metadata,
  parent: Maybe(
    Type.Object({
      subscription_item_details: Maybe(
        Type.Object({ proration: Maybe(Type.Boolean()), subscription_item: Maybe(Reference) }),
      ),
    }),
  ),
  period: Type.Object({ end: Seconds }),
  /** Old. */
  price: Maybe(Price),
  pricing: Maybe(
    Type.Object({
      price_details: Maybe(Type.Object({ price: Reference, product: Maybe(Reference) })),
    }),
  ),
  /** Old. */
  proration: Maybe(Type.Boolean()),
  quantity: Maybe(Count),
  /** Old. */
  subscription_item: Maybe(Reference),
})
export type InvoiceLine = Static<typeof InvoiceLine>
export const InvoiceLines = List(InvoiceLine)

export const InvoicePayment = Type.Object({
  invoice: Reference,
  payment: Type.Object({ charge: Maybe(Reference), payment_intent: Maybe(Reference) }),
})
export type InvoicePayment = Static<typeof InvoicePayment>

const SubscriptionDetails = Maybe(
  Type.Object({ metadata: Metadata, subscription: Maybe(Reference) }),
)

export const Invoice = Type.Object({
  id: Id,
  /** Old. */
  charge: Maybe(Reference),
  collection_method: Maybe(Text),
  created: Seconds,
  customer: Maybe(Reference),
  customer_email: Maybe(Text),
  customer_name: Maybe(Text),
  lines: InvoiceLines,
  parent: Maybe(Type.Object({ subscription_details: SubscriptionDetails })),
  /** Old. */
  payment_intent: Maybe(Reference),
  payments: Maybe(List(InvoicePayment)),
  status_transitions: Maybe(Type.Object({ finalized_at: Maybe(Seconds) })),
  /** Old. */
  subscription: Maybe(Reference),
  /** Old. */
  subscription_details: SubscriptionDetails,
})
export type Invoice = Static<typeof Invoice>

export const Charge = Type.Object({
  id: Id,
  /** Old. */
  invoice: Maybe(Reference),
  payment_intent: Maybe(Reference),
  refunded: Type.Boolean(),
})

export const Refund = Type.Object({
  id: Id,
  charge: Maybe(Reference),
  payment_intent: Maybe(Reference),
  status: Maybe(Text),
})

export const Dispute = Type.Object({
  id: Id,
  charge: Maybe(Reference),
  payment_intent: Maybe(Reference),
  status: Text,
})

export const Customer = Type.Object({ id: Id, email: Maybe(Text), name: Maybe(Text) })

/** Returns the ID of an object, whether it is contained or only referred to. */
export function idOf(reference: Reference | null | undefined): string | null {
  if (reference == null) return null
  return typeof reference === 'string' ? reference : reference.id
}

/** Returns the plan that the vendor names in metadata. Of several, the most specific comes first. */
export function planOf(
  ...metadata: readonly (Static<typeof Metadata> | undefined)[]
): string | null {
  return metadata.map((each) => each?.licet_plan?.trim()).find(Boolean) ?? null
}
