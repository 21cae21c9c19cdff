import type { CheckoutEvent } from '~/wire/checkout-events.ts'
import { Ago, count, TextWithTimes, Time } from '../../shared/format.tsx'
import { Notice } from '../../shared/states.tsx'
import { providerNames } from './checkout-words.ts'
import { StateBadge } from './state-badge.tsx'

/** Why an event is in its state, and what to do about it. */
export function CheckoutReason({ event }: { event: CheckoutEvent }) {
  const { state, reason } = event
  if (reason === null) return null
  const isHarmless = state === 'ignored' || state === 'test'
  return (
    <Notice tone={state === 'failed' ? 'bad' : isHarmless ? 'neutral' : 'warn'}>
      <p>
        <TextWithTimes text={reason} />
      </p>
    </Notice>
  )
}

export function CheckoutEventFacts({ event }: { event: CheckoutEvent }) {
  const { provider, endpoint, mode, purchase, event_id: eventId, tries } = event
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd class="row">
        <StateBadge state={event.state} />
        {tries > 0 && <span class="muted">{count(tries, 'failed attempt')}</span>}
        {event.next_try_at !== null && tries > 0 && (
          <span class="muted">
            next <Ago at={event.next_try_at} />
          </span>
        )}
      </dd>
      <dt>Shop</dt>
      <dd>
        {providerNames[provider]}
        {endpoint !== null && ` (${endpoint})`}
        {mode === 'test' && ', test mode'}
      </dd>
      {purchase !== null && <Reference label="Purchase" text={purchase} />}
      {eventId !== null && <Reference label="ID at the shop" text={eventId} />}
      {event.occurred_at !== null && <Moment label="Happened" at={event.occurred_at} />}
      <Moment label="Received" at={event.received_at} />
      {event.processed_at !== null && <Moment label="Processed" at={event.processed_at} />}
    </dl>
  )
}

function Reference({ label, text }: { label: string; text: string }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <code>{text}</code>
      </dd>
    </>
  )
}

function Moment({ label, at }: { label: string; at: string }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <Time at={at} />
      </dd>
    </>
  )
}
