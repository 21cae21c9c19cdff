import type { Static } from '@sinclair/typebox'
import { actorKinds } from '~/domain/actors.ts'
import type * as domain from '~/domain/audit.ts'
import { toTimestamp } from '~/domain/times.ts'
import { exampleId, Time, Timestamp } from './fields.ts'
import { pageQuery } from './pages.ts'
import { Type } from './type.ts'

const Values = (when: string, missing: string) =>
  Type.Nullable(
    Type.Record(Type.String(), Type.Unknown(), {
      description: `The fields that changed, ${when}; null for ${missing}. Keys are masked, and secrets are never included.`,
    }),
  )

const exampleActor = { kind: 'key', id: exampleId('key'), name: 'billing' } as const

export const Actor = Type.Response('Actor', 'The origin of a change.', exampleActor, {
  kind: Type.Literals(actorKinds, {
    title: 'ActorKind',
    description: 'An API key, a person, or a part of Licet. `command` is the command line.',
  }),
  id: Type.Nullable(
    Type.Described('The ID of the API key or operator, or the name of the job or provider.'),
  ),
  name: Type.Nullable(Type.Described('The name that the API key or operator had at the time.')),
})

export const AuditEntry = Type.Response(
  'AuditEntry',
  'A change, with its actor and the fields before and after it.',
  {
    number: 4711,
    at: '2026-03-06T12:34:56Z',
    actor: exampleActor,
    address: '192.0.2.0',
    request_id: 'req_01jg3m8v5mf1x8yq1r5c2w7h3k',
    action: 'plan.update',
    subject_id: 'professional',
    before: { max_devices: 3 },
    after: { max_devices: 5 },
    erased: false,
    hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  },
  {
    number: Type.Count('The position of the entry. There are no gaps.'),
    at: Time,
    actor: Actor,
    address: Type.Nullable(Type.Described('The IP address, stored as `LICET_IP_STORAGE` allows.')),
    request_id: Type.Described('The `X-Request-Id` of the response, or the name of the actor.'),
    action: Type.Described('The action, such as `license.update`.'),
    subject_id: Type.Described('The ID or slug of what was changed.'),
    before: Values('before the change', 'what was created'),
    after: Values('after the change', 'what was deleted'),
    erased: Type.Boolean({
      description: 'Whether the values that named a customer were erased later.',
    }),
    hash: Type.Nullable(
      Type.Described(
        'SHA-256 over this entry and the hash before it; null if the entry is older than the chain.',
      ),
    ),
  },
)
export type AuditEntry = Static<typeof AuditEntry>

export const ListAuditQuery = Type.Query({
  subject_id: Type.Optional(Type.Text(64, 'The ID or slug of what was changed.')),
  actor: Type.Optional(
    Type.Text(
      64,
      'The ID of an actor, such as `key_…` or `stripe`, or a kind, such as `operator`.',
    ),
  ),
  action: Type.Optional(Type.Text(64, 'An action, or a group such as `license.*`.')),
  after: Type.Optional(
    Type.PublishAs(
      Type.String({
        pattern: '^(?:0|[1-9][0-9]{0,14})$',
        description: 'The number of an entry: lists the entries after it, oldest first.',
      }),
      Type.Integer({ minimum: 0 }),
    ),
  ),
  from: Type.Optional({
    ...Timestamp,
    description: 'Only entries at this RFC 3339 time or later, such as 2027-03-06T00:00:00Z.',
  }),
  to: Type.Optional({
    ...Timestamp,
    description: 'Only entries at this RFC 3339 time or earlier, such as 2027-03-06T00:00:00Z.',
  }),
  ...pageQuery,
})

export function presentAuditEntry(entry: domain.AuditEntry): AuditEntry {
  const { atMs, actor, requestId, subjectId, isErased, ...rest } = entry
  const { before, after } = rest
  return {
    ...rest,
    at: toTimestamp(atMs),
    actor: { ...actor },
    request_id: requestId,
    subject_id: subjectId,
    before: before && { ...before },
    after: after && { ...after },
    erased: isErased,
  }
}
