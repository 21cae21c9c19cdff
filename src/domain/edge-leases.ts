/**
 * The leases of one edge, as the primary knows them. Numbers are those of changes; times are in ms by a
 * clock that never jumps. A lease is granted together with all changes, so an edge can answer from
 * facts that are older than a change only under a lease that was granted before it.
 */
export interface EdgeLeases {
  /** The edge has applied all changes up to this number. */
  readonly acknowledged: number
  /** When the edge is known to have had all changes there were. */
  readonly currentAtMs: number
  /** When it last asked for changes, or is assumed to have. */
  readonly polledAtMs: number
  readonly staleMs: number
  /** In the order in which they were granted. */
  readonly grants: readonly Grant[]
}

export interface Grant {
  /** The last change that came with the lease. */
  readonly number: number
  readonly grantedAtMs: number
  readonly leaseUntilMs: number
  /** Until when the edge may answer from these facts, if it serves stale ones. */
  readonly answersUntilMs: number
}

/** For how long an edge may answer from memory after it has asked for changes. */
export const LEASE_MS = 5000

/** For how long a request for changes waits for one. */
export const POLL_MS = 1000

/** Polls are recorded at most once a minute, and the last seconds may be lost. */
const POLLS_UNRECORDED_MS = 65_000

/** Beyond it, the oldest are merged. */
const GRANTS_MAX = 64

/** Returns the leases of an edge that this primary has not heard from. */
export function startLeases(nowMs: number): EdgeLeases {
  return { acknowledged: 0, currentAtMs: nowMs, polledAtMs: nowMs, staleMs: 0, grants: [] }
}

/**
 * Returns the leases of an edge that asked an earlier process for changes. Nobody knows what it has, so
 * it counts as if it had asked until the start, unless its last recorded time is certainly older.
 */
export function assumeLeases(
  edge: { readonly lastPolledAtMs: number; readonly staleMs: number },
  start: { readonly number: number; readonly trustedMs: number; readonly elapsedMs: number },
): EdgeLeases {
  const agoMs = Math.max(0, start.trustedMs - edge.lastPolledAtMs - POLLS_UNRECORDED_MS)
  const poll = { receivedAtMs: start.elapsedMs - agoMs, staleMs: edge.staleMs }
  return grantLease(startLeases(poll.receivedAtMs), start.number - 1, poll, poll.receivedAtMs)
}

/** Notes that the edge has applied all changes up to `number`, so it has no older facts. */
export function acknowledge(leases: EdgeLeases, number: number): EdgeLeases {
  if (number < leases.acknowledged) return leases
  const asOf = leases.grants.findLast((grant) => grant.number <= number)
  return {
    ...leases,
    acknowledged: number,
    currentAtMs: asOf?.grantedAtMs ?? leases.currentAtMs,
    grants: leases.grants.filter((grant) => grant.number >= number),
  }
}

/** A request for changes. It was received after the edge has sent it, from when the edge counts. */
export interface Poll {
  readonly receivedAtMs: number
  readonly staleMs: number
}

/** Grants a lease with all changes up to `number`. */
export function grantLease(
  leases: EdgeLeases,
  number: number,
  { receivedAtMs, staleMs }: Poll,
  nowMs: number,
): EdgeLeases {
  const leaseUntilMs = receivedAtMs + LEASE_MS
  const answersUntilMs = leaseUntilMs + staleMs
  const granted = { number, grantedAtMs: nowMs, leaseUntilMs, answersUntilMs }
  const running = leases.grants.filter((grant) => grant.answersUntilMs > nowMs)
  return { ...leases, polledAtMs: receivedAtMs, staleMs, grants: addGrant(running, granted) }
}

/** Notes that the edge has given up all facts that it had when it acknowledged `number`. */
export function releaseLeases(leases: EdgeLeases, number: number): EdgeLeases {
  return { ...leases, grants: leases.grants.filter((grant) => grant.number > number) }
}

/** Returns until when the edge may answer from facts that are older than a change; 0 if it has none. */
export function getOlderAnswersEnd({ acknowledged, grants }: EdgeLeases, number: number): number {
  if (acknowledged >= number) return 0
  const older = grants.filter((grant) => grant.number < number)
  return Math.max(0, ...older.map(({ answersUntilMs }) => answersUntilMs))
}

/** Returns until when the edge may answer at all, under its lease and from stale facts. */
export function getLeaseEnds({ grants }: EdgeLeases) {
  return {
    leaseUntilMs: Math.max(0, ...grants.map(({ leaseUntilMs }) => leaseUntilMs)),
    answersUntilMs: Math.max(0, ...grants.map(({ answersUntilMs }) => answersUntilMs)),
  }
}

function addGrant(grants: readonly Grant[], granted: Grant): readonly Grant[] {
  const last = grants.at(-1)
  if (last?.number === granted.number) return [...grants.slice(0, -1), mergeGrants(last, granted)]
  const [oldest, next, ...rest] = grants
  if (grants.length < GRANTS_MAX || oldest === undefined || next === undefined) {
    return [...grants, granted]
  }
  return [mergeGrants(oldest, next), ...rest, granted]
}

/** Two grants become one that is as old as the older, and lasts as long as the longer. */
function mergeGrants(older: Grant, newer: Grant): Grant {
  return {
    number: older.number,
    grantedAtMs: newer.grantedAtMs,
    leaseUntilMs: Math.max(older.leaseUntilMs, newer.leaseUntilMs),
    answersUntilMs: Math.max(older.answersUntilMs, newer.answersUntilMs),
  }
}
