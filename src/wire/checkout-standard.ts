import type { Static } from '@sinclair/typebox'
import { Email, Timestamp } from './fields.ts'
import { buildText } from './text.ts'
import { Type } from './type.ts'

const REFERENCE_MAX = 255
const SESSION_ID_MIN = 16
const ITEMS_MAX = 100
const QUANTITY_MAX = 100_000

export const standardTypes = [
  'paid',
  'past_due',
  'recovered',
  'cancels',
  'uncanceled',
  'canceled',
  'refunded',
  'partially_refunded',
  'refund_failed',
  'disputed',
  'dispute_won',
  'dispute_lost',
  'changed',
] as const

const typeDescription = `What happened: \`paid\` (an order, a first payment or a renewal), \`past_due\` (a payment failed), \`recovered\` (a past-due payment was made after all), \`cancels\` (the subscription ends at \`ends_at\`), \`uncanceled\` (it continues after all), \`canceled\` (it has ended), \`refunded\`, \`partially_refunded\`, \`refund_failed\`, \`disputed\`, \`dispute_won\`, \`dispute_lost\`, or \`changed\` (other items, or another customer).`

/** Shops have texts or numbers as IDs. Both are kept as texts. */
const reference = (description: string) =>
  Type.ClientField(
    Type.Union([
      Type.Text(REFERENCE_MAX, description),
      Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    ]),
  )

const time = (description: string) => Type.ClientField({ ...Timestamp, description })

/** Anyone who knows it can read the keys for an hour. */
const SessionId = buildText('Identifier', {
  minLength: SESSION_ID_MIN,
  maxLength: REFERENCE_MAX,
  description: `An unguessable ID, such as a UUID, with which the thank-you page gets the keys: ${SESSION_ID_MIN}–${REFERENCE_MAX} characters.`,
})

const Customer = Type.Object(
  {
    email: Email,
    name: Type.ClientField(Type.Described('A name. It is cut to 200 characters.')),
  },
  { title: 'StandardCheckoutCustomer', additionalProperties: true },
)

const Item = Type.Object(
  {
    id: reference('Your ID of this line; without it, the price, product or plan is its ID.'),
    price: reference('Your ID of the price or variant, which a rule maps to a plan.'),
    product: reference('Your ID of the product, which a rule maps to a plan.'),
    plan: reference('The slug of a plan in Licet. Then no rule is needed.'),
    quantity: Type.ClientField(
      Type.IntegerBetween(1, QUANTITY_MAX, `1–${QUANTITY_MAX}; 1 if it is missing.`),
    ),
  },
  { title: 'StandardCheckoutItem', additionalProperties: true },
)

/** The fields that an event of an unknown type has as well. */
const envelope = {
  id: reference('Your ID of the event; without it, the `webhook-id` header is its ID.'),
  occurred_at: {
    ...Timestamp,
    description: 'When it happened, an RFC 3339 time. It decides the order of events.',
  },
  test: Type.ClientField(Type.Boolean({ description: 'True for a purchase in test mode.' })),
}

export const StandardEnvelope = Type.Object({ type: Type.NonEmpty(64, 'A type.'), ...envelope })

/** The event of any shop that signs with Standard Webhooks. Unknown fields are accepted. */
export const StandardEvent = Type.Request(
  'StandardCheckoutEvent',
  [
    {
      type: 'paid',
      occurred_at: '2026-03-06T12:00:00Z',
      order_id: '1001',
      subscription_id: 'S-7',
      customer: { email: 'dev@example.com', name: 'Ada Lovelace' },
      items: [{ plan: 'professional', quantity: 1 }],
      paid_until: '2026-04-06T12:00:00Z',
    },
  ],
  {
    type: Type.Literals(standardTypes, { description: typeDescription }),
    ...envelope,
    order_id: reference('Your ID of the order. A renewal may have an order of its own.'),
    subscription_id: reference(
      'Your ID of the subscription. Send it with every event of a subscription.',
    ),
    session_id: Type.ClientField(SessionId),
    payment_id: reference('Your ID of the payment, so that a refund finds what it paid for.'),
    dispute_id: reference('Your ID of the dispute, if a purchase can have several.'),
    customer: Type.ClientField(Customer),
    items: Type.ClientField(
      Type.List(Item, ITEMS_MAX, `All that was bought, up to ${ITEMS_MAX} lines.`),
    ),
    paid_until: time('Until when a subscription is paid; without it, it is not a subscription.'),
    ends_at: time('When a canceled subscription ends.'),
  },
  {
    additionalProperties: true,
    description:
      'Signed according to Standard Webhooks 1.0. Every event needs an `order_id`, a `subscription_id` or a `payment_id`; `paid` also needs `customer` and `items`, `changed` one of them, and `cancels` an `ends_at`.',
  },
)
export type StandardEvent = Static<typeof StandardEvent>
