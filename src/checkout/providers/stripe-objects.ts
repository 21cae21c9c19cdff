import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { optional } from './event-body.ts'

/**
 * The fields of Stripe's objects that Licet reads. API version 2025-03-31 has moved some of them:
 * a field that only older versions have is marked “old”, and both shapes are accepted.
 */

const List = <Schema extends TSchema>(item: Schema) =>
  Type.Object({ data: Type.Array(item), has_more: optional(Type.Boolean()) })

const Id = Type.String({ minLength: 1, maxLength: 255 })
const Text = Type.String()
/** Up to the year 9999. */
const Seconds = Type.Integer({ minimum: 0, maximum: 253_402_300_799 })
const Count = Type.Integer({ minimum: 0 })

/** An object that is contained only if it was expanded; otherwise its ID. */
const Reference = Type.Union([Id, Type.Object({ id: Id })])
export type Reference = Static<typeof Reference>

const Metadata = optional(Type.Object({ licet_plan: optional(Text) }))

const Price = Type.Object({ id: Id, product: optional(Reference), metadata: Metadata })

export const StripeEvent = Type.Object({
  id: Id,
  type: Text,
  created: Seconds,
  livemode: Type.Boolean(),
  data: Type.Object({
    object: Type.Object({}),
    previous_attributes: optional(Type.Object({})),
  }),
})
export type StripeEvent = Static<typeof StripeEvent>

/** An event of API v2, which names an object instead of containing it. */
export const ThinEvent = Type.Object({
  id: Id,
  object: Type.Literal('v2.core.event'),
  type: Text,
  created: Text,
  livemode: optional(Type.Boolean()),
})

const LineItem = Type.Object({
  id: Id,
  price: optional(Price),
  quantity: optional(Count),
  metadata: Metadata,
})
export type LineItem = Static<typeof LineItem>
export const LineItems = List(LineItem)

export const Session = Type.Object({
  id: Id,
  mode: Text,
  payment_status: Text,
  customer: optional(Reference),
  customer_details: optional(Type.Object({ email: optional(Text), name: optional(Text) })),
  customer_email: optional(Text),
  invoice: optional(Reference),
  line_items: optional(LineItems),
  metadata: Metadata,
  payment_intent: optional(Reference),
  payment_link: optional(Reference),
  subscription: optional(Reference),
})
export type Session = Static<typeof Session>

const SubscriptionItem = Type.Object({
  id: Id,
  current_period_end: optional(Seconds),
  metadata: Metadata,
  price: optional(Price),
  quantity: optional(Count),
})
export type SubscriptionItem = Static<typeof SubscriptionItem>
export const SubscriptionItems = List(SubscriptionItem)

export const Subscription = Type.Object({
  id: Id,
  cancel_at: optional(Seconds),
  cancel_at_period_end: optional(Type.Boolean()),
  /** Old. */
  current_period_end: optional(Seconds),
  customer: optional(Reference),
  ended_at: optional(Seconds),
  items: SubscriptionItems,
  latest_invoice: optional(Reference),
  metadata: Metadata,
  status: Text,
  status_details: optional(
    Type.Object({ paused: optional(Type.Object({ transitioned_at: optional(Seconds) })) }),
  ),
  trial_end: optional(Seconds),
})
export type Subscription = Static<typeof Subscription>

const InvoiceLine = Type.Object({
  id: Id,
  metadata: Metadata,
  parent: optional(
    Type.Object({
      subscription_item_details: optional(
        Type.Object({
          proration: optional(Type.Boolean()),
          subscription_item: optional(Reference),
        }),
      ),
    }),
  ),
  period: Type.Object({ end: Seconds }),
  /** Old. */
  price: optional(Price),
  pricing: optional(
    Type.Object({
      price_details: optional(Type.Object({ price: Reference, product: optional(Reference) })),
    }),
  ),
  /** Old. */
  proration: optional(Type.Boolean()),
  quantity: optional(Count),
  /** Old. */
  subscription_item: optional(Reference),
})
export type InvoiceLine = Static<typeof InvoiceLine>
export const InvoiceLines = List(InvoiceLine)

export const InvoicePayment = Type.Object({
  invoice: Reference,
  payment: Type.Object({ charge: optional(Reference), payment_intent: optional(Reference) }),
})
export type InvoicePayment = Static<typeof InvoicePayment>

const SubscriptionDetails = optional(
  Type.Object({ metadata: Metadata, subscription: optional(Reference) }),
)

export const Invoice = Type.Object({
  id: Id,
  /** Old. */
  charge: optional(Reference),
  collection_method: optional(Text),
  created: Seconds,
  customer: optional(Reference),
  customer_email: optional(Text),
  customer_name: optional(Text),
  lines: InvoiceLines,
  parent: optional(Type.Object({ subscription_details: SubscriptionDetails })),
  /** Old. */
  payment_intent: optional(Reference),
  payments: optional(List(InvoicePayment)),
  status_transitions: optional(Type.Object({ finalized_at: optional(Seconds) })),
  /** Old. */
  subscription: optional(Reference),
  /** Old. */
  subscription_details: SubscriptionDetails,
})
export type Invoice = Static<typeof Invoice>

export const Charge = Type.Object({
  id: Id,
  /** Old. */
  invoice: optional(Reference),
  payment_intent: optional(Reference),
  refunded: Type.Boolean(),
})

export const Refund = Type.Object({
  id: Id,
  charge: optional(Reference),
  payment_intent: optional(Reference),
  status: optional(Text),
})

export const Dispute = Type.Object({
  id: Id,
  charge: optional(Reference),
  payment_intent: optional(Reference),
  status: Text,
})

export const Customer = Type.Object({ id: Id, email: optional(Text), name: optional(Text) })

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
