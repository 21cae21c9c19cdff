import type { Static } from '@sinclair/typebox'
import type * as domain from '~/domain/edges.ts'
import { SECOND_MS, toTimestamp } from '~/domain/times.ts'
import {
  DomainText,
  exampleId,
  Fingerprint,
  LicenseKeyText,
  Name,
  OptionalTime,
  presentOptionalTime,
  Time,
} from './fields.ts'
import { Type } from './type.ts'

const example = {
  id: exampleId('edge'),
  name: 'eu-1',
  created_at: '2026-03-06T00:00:00Z',
  last_seen_at: '2026-03-07T00:00:00Z',
  connected: true,
  lag_changes: 0,
  lag_seconds: 0,
  lease_until: '2026-03-07T00:00:05Z',
  answers_until: '2026-03-07T01:00:05Z',
  stale_seconds: 3600,
  usage_until: '2026-03-07T00:00:00Z',
}

export const Edge = Type.Response(
  'Edge',
  'A server near the users, which validates licenses that it knows.',
  example,
  {
    id: Type.String(),
    name: Type.String(),
    created_at: Time,
    last_seen_at: OptionalTime,
    connected: Type.Boolean({ description: 'Whether its lease is running.' }),
    lag_changes: Type.Nullable(Type.Count('How many changes it has not confirmed yet.')),
    lag_seconds: Type.Nullable(
      Type.Number({ description: 'For how long it has not confirmed that it has all changes.' }),
    ),
    lease_until: Type.Nullable(
      Type.PublishAs(
        Type.String({ description: 'Until when it answers from memory, unless it asks again.' }),
        Type.String({ format: 'date-time' }),
      ),
    ),
    answers_until: Type.Nullable(
      Type.PublishAs(
        Type.String({
          description:
            'Until when it confirms licenses that it knows, if it cannot reach this server from now on.',
        }),
        Type.String({ format: 'date-time' }),
      ),
    ),
    stale_seconds: Type.Count(
      'For how long it confirms licenses that it knows while it cannot reach this server.',
    ),
    usage_until: OptionalTime,
  },
)
export type Edge = Static<typeof Edge>

export const CreatedEdge = Type.Response(
  'CreatedEdge',
  'A new edge with its token.',
  { ...example, token: 'licet_edge_7Kq2ZtB9xWmR4vN8sJ1cLpD6hF3gYa0eU5iO' },
  { ...Edge.properties, token: Type.ShownOnce() },
)
export type CreatedEdge = Static<typeof CreatedEdge>

export const CreateEdgeBody = Type.Request('CreateEdgeRequest', [{ name: 'eu-1' }], { name: Name })

/** The state of an edge that only the running server knows. Times are in ms. */
export interface EdgeStatus {
  readonly isConnected: boolean
  readonly lagChanges: number | null
  readonly lagMs: number | null
  readonly leaseUntilMs: number | null
  readonly answersUntilMs: number | null
  readonly lastPolledAtMs: number | null
}

export function presentEdge(edge: domain.Edge, status: EdgeStatus): Edge {
  return {
    id: edge.id,
    name: edge.name,
    created_at: toTimestamp(edge.createdAtMs),
    last_seen_at: presentOptionalTime(status.lastPolledAtMs),
    connected: status.isConnected,
    lag_changes: status.lagChanges,
    lag_seconds: status.lagMs === null ? null : Math.round(status.lagMs) / 1000,
    lease_until: presentOptionalTime(status.leaseUntilMs),
    answers_until: presentOptionalTime(roundUp(status.answersUntilMs)),
    stale_seconds: Math.round(edge.staleMs / 1000),
    usage_until: presentOptionalTime(edge.usageUntilMs),
  }
}

/** A time has whole seconds, and this one must not end before it is true. */
const roundUp = (timeMs: number | null) =>
  timeMs === null ? null : Math.ceil(timeMs / SECOND_MS) * SECOND_MS

const POSITION_MAX = 64
const PROCESS_PATTERN = '^[0-9a-z]{1,32}(?:[.][0-9]{1,12})?$'
const STALE_MS_MAX = 3_153_600_000_000
const TIME_DIGITS = '^(?:0|[1-9][0-9]{0,15})$'

const QueryNumber = (description: string) =>
  Type.PublishAs(
    Type.String({ pattern: TIME_DIGITS, description: `${description} An integer of 0 or more.` }),
    Type.Integer({ format: 'int64', minimum: 0, description }),
  )

export const EdgeFeedQuery = Type.Query(
  Type.Optionals({
    process: Type.String({
      pattern: PROCESS_PATTERN,
      description:
        'The process, because several may have the same token: an ID of its data directory, and the number of its start there.',
    }),
    after: Type.Text(POSITION_MAX, 'The position up to which the edge has applied all changes.'),
    stale_ms: QueryNumber('For how long it answers from memory after its lease, in ms.'),
    usage_until_ms: QueryNumber('The time up to which all its validations are delivered, in ms.'),
    wait_ms: QueryNumber('How long to wait for a change, in ms; at most 1000, the default.'),
    empty: Type.Literals(['true'], {
      description: 'Sent by an edge that has given up all its facts, as before it stops.',
    }),
  }),
)
export type EdgeFeedQuery = Static<typeof EdgeFeedQuery>

export type FeedPoll = ReturnType<typeof parseFeedQuery>

/** The parts of a request for changes, with the defaults. */
export function parseFeedQuery(query: EdgeFeedQuery, waitMsMax: number) {
  const { after = null, stale_ms: stale, usage_until_ms: usageUntil, wait_ms: wait } = query
  return {
    process: query.process ?? '',
    after,
    staleMs: Math.min(Number(stale ?? 0), STALE_MS_MAX),
    usageUntilMs: usageUntil === undefined ? null : Number(usageUntil),
    waitMs: Math.min(Number(wait ?? waitMsMax), waitMsMax),
    isEmpty: query.empty === 'true',
  }
}

export const EdgeFeed = Type.Response(
  'EdgeFeed',
  'The changes after the position, and a lease.',
  {
    position: '9f3a61c2.1204',
    good_for_ms: 5000,
    now_ms: 1772755200000,
    all: false,
    plans: false,
    licenses: [exampleId('lic')],
    activations: [[exampleId('lic'), 'domain', 'example.com']],
  },
  {
    position: Type.Described('Send it as `after` once the changes are applied.'),
    good_for_ms: Type.Count('How long the lease is, from when the edge has sent the request.'),
    now_ms: Type.Integer({ format: 'int64', description: 'The time of this server, in ms.' }),
    all: Type.Boolean({ description: 'Whether anything may have changed.' }),
    plans: Type.Boolean({ description: 'Whether plans have changed.' }),
    licenses: Type.Array(Type.String(), { description: 'The licenses that have changed.' }),
    activations: Type.Array(Type.Array(Type.String(), { minItems: 3, maxItems: 3 }), {
      description: 'The activations that have changed: license, kind and value.',
    }),
  },
)
export type EdgeFeed = Static<typeof EdgeFeed>

export const EdgeFactsBody = Type.Object(
  {
    key: LicenseKeyText,
    domain: Type.ClientField(DomainText),
    fingerprint: Type.ClientField(Fingerprint),
  },
  {
    title: 'EdgeFactsRequest',
    additionalProperties: true,
    examples: [{ key: 'TO-7Q4M-X0ZD-9KTB-2F17', domain: 'example.com' }],
  },
)

const Facts = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description })

export const EdgeFacts = Type.Response(
  'EdgeFacts',
  'A license, its plan, and its activations for one place.',
  {
    format: 1,
    position: '9f3a61c2.1204',
    license: { id: exampleId('lic'), plan_slug: 'professional' },
    plan: { slug: 'professional' },
    domain: null,
    device: null,
  },
  {
    format: Type.Count('An edge that does not know this format forwards everything.'),
    position: Type.Described('All changes up to this position are in the facts.'),
    license: Facts('The terms of the license.'),
    plan: Facts('The terms of its plan.'),
    domain: Type.Nullable(Facts('The activation that covers the domain; null if there is none.')),
    device: Type.Nullable(Facts('The activation of the device; null if there is none.')),
  },
)
