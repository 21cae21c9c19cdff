import type { Static } from '@sinclair/typebox'
import { checkoutStates, type CheckoutEvent as DomainEvent } from '~/domain/checkout-events.ts'
import { maskSessionIds } from '~/domain/checkout-sessions.ts'
import type { BoughtItem } from '~/domain/purchase-offers.ts'
import { toTimestamp } from '~/domain/times.ts'
import { CheckoutMode, ProviderName } from './checkout-names.ts'
import { exampleId, OptionalTime, presentOptionalTime, Time } from './fields.ts'
import { pageQuery } from './pages.ts'
import { Type } from './type.ts'

export const CheckoutState = Type.Literals(checkoutStates, {
  title: 'CheckoutState',
  description: `One of ${checkoutStates.join(', ')}.`,
})

const Effect = Type.Object(
  {
    text: Type.Described('The effect in words, such as `Created with the plan professional.`'),
    licenses_count: Type.Count('How many licenses are affected.'),
    license_ids: Type.Array(Type.String(), {
      description: 'The affected licenses. In a dry run, without those that would be created.',
    }),
  },
  { title: 'CheckoutEffect', description: 'An effect of an event on licenses.' },
)

const RuleUse = Type.Object(
  { rule_id: Type.String(), version: Type.Integer() },
  { title: 'CheckoutRuleUse', description: 'A rule that an event used, in this version.' },
)

const Item = Type.Object(
  {
    price: Type.Nullable(Type.String()),
    payment_link: Type.Nullable(Type.String()),
    product: Type.Nullable(Type.String()),
    metadata_plan: Type.Nullable(Type.String()),
    quantity: Type.Integer(),
    rule_id: Type.Nullable(Type.Described('The rule that matches it now; null if none does.')),
  },
  {
    title: 'CheckoutItem',
    description: 'Something that was bought, with what rules can match.',
  },
)

const exampleItem = {
  price: 'price_professional',
  payment_link: null,
  product: 'prod_professional',
  metadata_plan: null,
  quantity: 1,
  rule_id: exampleId('rule'),
}

const example = {
  id: exampleId('chk'),
  provider: 'stripe',
  endpoint: null,
  type: 'invoice.paid',
  event_id: 'evt_1TQ0aB2eZvKYlo2C',
  mode: 'live',
  state: 'done',
  reason: null,
  waiting_for: null,
  purchase: 'sub_1TQ0aB2eZvKYlo2C',
  effects: [
    {
      text: 'Created with the plan professional.',
      licenses_count: 1,
      license_ids: [exampleId('lic')],
    },
  ],
  rules: [{ rule_id: exampleId('rule'), version: 1 }],
  occurred_at: '2026-03-06T12:00:00Z',
  received_at: '2026-03-06T12:00:01Z',
  processed_at: '2026-03-06T12:00:01Z',
  tries: 0,
  next_try_at: null,
  has_event: true,
}

export const CheckoutEvent = Type.Response(
  'CheckoutEvent',
  'An event from a shop, and its effects.',
  example,
  {
    id: Type.String(),
    provider: ProviderName,
    endpoint: Type.Nullable(Type.Described('The label in the address of the endpoint.')),
    type: Type.Nullable(Type.Described("The provider's name of the type.")),
    event_id: Type.Nullable(Type.Described("The provider's ID of the event.")),
    mode: Type.Nullable(CheckoutMode),
    state: CheckoutState,
    reason: Type.Nullable(Type.Described('Why it is in this state, and what you can do.')),
    waiting_for: Type.Nullable(Type.Described("The provider's reference that it waits for.")),
    purchase: Type.Nullable(
      Type.Described('The reference of the order or subscription that it is about.'),
    ),
    effects: Type.Array(Effect),
    rules: Type.Array(RuleUse),
    occurred_at: OptionalTime,
    received_at: Time,
    processed_at: OptionalTime,
    tries: Type.Count('The number of failed attempts to process it.'),
    next_try_at: OptionalTime,
    has_event: Type.Boolean({ description: 'Whether the raw event is still stored.' }),
  },
)
export type CheckoutEvent = Static<typeof CheckoutEvent>

export const CheckoutEventWithBody = Type.Response(
  'CheckoutEventWithBody',
  'An event from a shop, with its raw body.',
  {
    ...example,
    items: [exampleItem],
    event: { id: 'evt_1TQ0aB2eZvKYlo2C', type: 'invoice.paid', data: {} },
  },
  {
    ...CheckoutEvent.properties,
    items: Type.Array(Item, {
      description: 'The items of the purchase now; empty if no event has named them yet.',
    }),
    event: Type.Nullable(
      Type.Record(Type.String(), Type.Unknown(), {
        description:
          'The event as the shop sent it; null once it is deleted. It may contain keys, and IDs that lead to keys, so without the scope `licenses:reveal`, and to sessions that do not ask for it, it is null too.',
      }),
    ),
  },
)
export type CheckoutEventWithBody = Static<typeof CheckoutEventWithBody>

export const ListCheckoutEventsQuery = Type.Query({
  state: Type.Optional(CheckoutState),
  provider: Type.Optional(ProviderName),
  type: Type.Optional(Type.Text(255, "The provider's name of a type of events.")),
  license_id: Type.Optional(Type.Text(40, 'ID of a license: lists the events about its purchase.')),
  ...pageQuery,
})

export const GetCheckoutEventQuery = Type.Query({
  reveal: Type.Optional(
    Type.PublishAs(
      Type.Literals(['true', 'false'], {
        description:
          'Whether to show what leads to license keys, which needs the scope `licenses:reveal`; by default true for API keys with that scope, and false for sessions.',
      }),
      Type.Boolean(),
    ),
  ),
})

/** The whole body is optional. */
export const ReplayBody = Type.Optional(
  Type.Request('ReplayCheckoutEventRequest', [{ mail: true }], {
    mail: Type.Optional(
      Type.Boolean({
        description:
          'Whether the customer gets the keys again by email. By default no mail is sent.',
      }),
    ),
  }),
)

export function presentItem({ item, ruleId }: BoughtItem): Static<typeof Item> {
  const { price, paymentLink, product, plan, quantity } = item
  return {
    price,
    payment_link: paymentLink,
    product,
    metadata_plan: plan,
    quantity,
    rule_id: ruleId,
  }
}

export function presentCheckoutEvent(event: DomainEvent): CheckoutEvent {
  return {
    id: event.id,
    provider: event.provider,
    endpoint: event.endpointLabel,
    type: event.type,
    event_id: event.eventId,
    mode: event.mode,
    state: event.state,
    reason: event.reason,
    waiting_for: event.waitingFor,
    purchase: event.purchaseRef,
    effects: event.effects.map(({ text, licenseIds }) => ({
      text,
      licenses_count: licenseIds.length,
      license_ids: [...licenseIds],
    })),
    rules: event.rules.map(({ ruleId, version }) => ({ rule_id: ruleId, version })),
    occurred_at: presentOptionalTime(event.occurredAtMs),
    received_at: toTimestamp(event.receivedAtMs),
    processed_at: presentOptionalTime(event.processedAtMs),
    tries: event.attempts,
    next_try_at: presentOptionalTime(event.nextAttemptAtMs),
    has_event: event.hasBody,
  }
}

/** The same for callers that see no license keys: IDs of sessions, which lead to them, are masked. */
export function presentMaskedCheckoutEvent(event: DomainEvent): CheckoutEvent {
  const { reason, waiting_for, purchase, ...rest } = presentCheckoutEvent(event)
  return {
    ...rest,
    reason: reason && maskSessionIds(reason),
    waiting_for: waiting_for && maskSessionIds(waiting_for),
    purchase: purchase && maskSessionIds(purchase),
  }
}
