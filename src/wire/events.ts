import { type Static, Type } from '@sinclair/typebox'
import type { EventFacts, EventRecord } from '~/domain/events.ts'
import { toTimestamp } from '~/domain/times.ts'
import { presentActivation } from './activations.ts'
import { nullable } from './fields.ts'
import { type License, presentMaskedLicense } from './licenses.ts'
import { pageQuery } from './pages.ts'

export const Event = Type.Object(
  {
    id: Type.String(),
    type: Type.String(),
    timestamp: Type.String(),
    license_id: nullable(Type.String()),
    sequence: nullable(Type.Integer({ description: 'Counts the events of its license.' })),
    data: Type.Record(Type.String(), Type.Unknown()),
  },
  {
    title: 'Event',
    description: 'The event.',
    examples: [
      {
        id: 'evt_01jg3m8v5mf1x8yq1r5c2w7h3k',
        type: 'license.suspended',
        timestamp: '2026-03-06T12:34:56Z',
        license_id: 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k',
        sequence: 3,
        data: { previous: { status: 'active', suspended_at: null } },
      },
    ],
  },
)
export type Event = Static<typeof Event>

export const ListEventsQuery = Type.Object(
  {
    type: Type.Optional(
      Type.String({ maxLength: 64, description: 'An event type, or a noun such as license.*.' }),
    ),
    license_id: Type.Optional(Type.String({ maxLength: 40, description: 'Id of a license.' })),
    after: Type.Optional(
      Type.String({ maxLength: 40, description: 'An event id: oldest first from there.' }),
    ),
    ...pageQuery,
  },
  { additionalProperties: false },
)

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

/** The JSON text of an event's `data`, frozen in the log: keys masked, what changed beside it. */
export function presentEventData(material: EventFacts): string {
  const { before, after, sequence, activation, extra, nowMs } = material
  const license = after === null ? null : presentMaskedLicense(after, nowMs)
  const previous =
    before === null || license === null
      ? {}
      : changedFields(presentMaskedLicense(before, nowMs), license)
  return JSON.stringify({
    ...(license === null ? {} : { license, sequence }),
    ...(Object.keys(previous).length === 0 ? {} : { previous }),
    ...(activation === undefined ? {} : { activation: presentActivation(activation) }),
    ...extra,
  })
}

/** Bookkeeping that moves with every change says nothing about what the change was. */
const bookkeeping: ReadonlySet<string> = new Set(['version', 'updated_at'])

function changedFields(before: License, after: License): Partial<License> {
  const now: Readonly<Record<string, unknown>> = after
  return Object.fromEntries(
    Object.entries(before).filter(
      ([name, value]) => !bookkeeping.has(name) && !Bun.deepEquals(value, now[name]),
    ),
  )
}
