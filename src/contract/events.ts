import { type Static, Type } from '@sinclair/typebox'
import { nullable } from './fields.ts'
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
