import type { Static } from '@sinclair/typebox'
import type { CheckoutEvent as DomainEvent } from '~/domain/checkout-events.ts'
import { CheckoutEvent, presentMaskedCheckoutEvent } from './checkout-events.ts'
import { ProviderName } from './checkout-names.ts'
import { exampleId } from './fields.ts'
import { Type } from './type.ts'

export const DryRunBody = Type.Request(
  'DryRunCheckoutEventRequest',
  [
    { event_id: exampleId('chk') },
    {
      provider: 'standard',
      event: {
        type: 'paid',
        occurred_at: '2026-03-06T12:00:00Z',
        order_id: '1001',
        customer: { email: 'dev@example.com' },
        items: [{ plan: 'professional' }],
      },
    },
  ],
  {
    provider: Type.Optional(ProviderName),
    event: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'The JSON of an event, as the provider sends it. It needs no signature.',
      }),
    ),
    event_id: Type.Optional(Type.Text(40, 'ID of an event that is stored.')),
  },
  { description: 'Send either a provider and its event, or the ID of an event.' },
)
export type DryRunBody = Static<typeof DryRunBody>

const { type, event_id, mode, state, reason, waiting_for, purchase, effects, rules, occurred_at } =
  CheckoutEvent.properties

export const DryRun = Type.Response(
  'CheckoutDryRun',
  'The effects that an event would have. Nothing was changed.',
  {
    type: 'paid',
    event_id: null,
    mode: 'live',
    state: 'done',
    reason: null,
    waiting_for: null,
    purchase: 'order:1001',
    effects: [{ text: 'Created with the plan professional.', licenses_count: 1, license_ids: [] }],
    rules: [],
    occurred_at: '2026-03-06T12:00:00Z',
  },
  { type, event_id, mode, state, reason, waiting_for, purchase, effects, rules, occurred_at },
)
export type DryRun = Static<typeof DryRun>

/** Leaves out the IDs of licenses that do not exist, because they would only be created. */
export function presentDryRun(event: DomainEvent, isReal: (licenseId: string) => boolean): DryRun {
  const { type, event_id, mode, state, reason, waiting_for, purchase, rules, occurred_at } =
    presentMaskedCheckoutEvent(event)
  const effects = event.effects.map(({ text, licenseIds }) => ({
    text,
    licenses_count: licenseIds.length,
    license_ids: licenseIds.filter(isReal),
  }))
  return { type, event_id, mode, state, reason, waiting_for, purchase, effects, rules, occurred_at }
}

/** Presents an event that is not understood; `type` is null if it names none. */
export function presentFailedDryRun(type: string | null, reason: string): DryRun {
  return {
    type,
    event_id: null,
    mode: null,
    state: 'failed',
    reason,
    waiting_for: null,
    purchase: null,
    effects: [],
    rules: [],
    occurred_at: null,
  }
}
