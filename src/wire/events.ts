import type { Static } from '@sinclair/typebox'
import { type EventFacts, type EventRecord, eventTypes } from '~/domain/events.ts'
import { toTimestamp } from '~/domain/times.ts'
import { presentActivation } from './activations.ts'
import { exampleId, Time } from './fields.ts'
import { type License, presentMaskedLicense } from './licenses.ts'
import { pageQuery } from './pages.ts'
import { Type } from './type.ts'

export const EventType = Type.Literals(eventTypes, {
  title: 'EventType',
  description: 'The type of an event.',
})

/** A stored event may have a type that only a later version knows, so `type` is any string. */
export const Event = Type.Response(
  'Event',
  'A change to a license, a customer or a webhook endpoint.',
  {
    id: exampleId('evt'),
    type: 'license.suspended',
    timestamp: '2026-03-06T12:34:56Z',
    license_id: exampleId('lic'),
    sequence: 3,
    data: { previous: { status: 'active', suspended_at: null } },
  },
  {
    id: Type.String(),
    type: Type.PublishAs(Type.String(), EventType),
    timestamp: Time,
    license_id: Type.Nullable(Type.Described('Null if the event concerns no license.')),
    sequence: Type.Nullable(
      Type.Count('The position of the event among those of its license, starting at 1.'),
    ),
    data: Type.Record(Type.String(), Type.Unknown(), {
      description: 'The `data` that is sent to webhook endpoints.',
    }),
  },
)
export type Event = Static<typeof Event>

export const ListEventsQuery = Type.Query({
  type: Type.Optional(Type.Text(64, 'An event type, or a group such as `license.*`.')),
  license_id: Type.Optional(Type.Text(40, 'ID of a license.')),
  after: Type.Optional(Type.Text(40, 'ID of an event: lists the events after it, oldest first.')),
  ...pageQuery,
})

export function presentEvent(event: EventRecord): Event {
  return {
    id: event.id,
    type: event.type,
    timestamp: toTimestamp(event.timestampMs),
    license_id: event.licenseId,
    sequence: event.sequence,
    data: JSON.parse(event.data) as Event['data'],
  }
}

/** Returns the JSON text of an event's `data`, as it is stored: keys masked, with previous values. */
export function presentEventData(facts: EventFacts): string {
  const { before, after, sequence, activation, extra, nowMs } = facts
  const license = after === null ? null : presentMaskedLicense(after, nowMs)
  const previous =
    before === null || license === null
      ? {}
      : pickChangedFields(presentMaskedLicense(before, nowMs), license)
  return JSON.stringify({
    ...(license === null ? {} : { license, sequence }),
    ...(Object.keys(previous).length === 0 ? {} : { previous }),
    ...(activation === undefined ? {} : { activation: presentActivation(activation) }),
    ...extra,
  })
}

/** These change with every update, so they say nothing about it. */
const bookkeeping: ReadonlySet<string> = new Set(['version', 'updated_at'])

function pickChangedFields(before: License, after: License): Partial<License> {
  const now: Readonly<Record<string, unknown>> = after
  return Object.fromEntries(
    Object.entries(before).filter(
      ([name, value]) => !bookkeeping.has(name) && !Bun.deepEquals(value, now[name]),
    ),
  )
}
