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
  /** When processes have given up all facts, the latest last. */
  readonly releases: readonly Release[]
}

interface Release {
  readonly process: string
  readonly atMs: number
}

export interface Grant {
  /** The process that has the lease, see `Poll`. Null for a lease that an earlier server granted. */
  readonly process: string | null
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

/** Beyond it, the oldest are merged. */
const GRANTS_MAX = 64
/** A request that was cut off at the end of its process waits for a second, so the latest are enough. */
const RELEASES_MAX = 64
/** The process of grants to several, which only time ends. No process has this name. */
const MIXED = '*'

/** Returns the leases of an edge that this primary has not heard from. */
export function startLeases(nowMs: number): EdgeLeases {
  const times = { currentAtMs: nowMs, polledAtMs: nowMs, staleMs: 0 }
  return { ...times, acknowledged: 0, grants: [], releases: [] }
}

/**
 * Returns the leases of an edge that asked an earlier server for changes: as if it had asked until the
 * start. The recorded time of its last request does not matter, because a backup may have been restored.
 */
export function assumeLeases(
  { staleMs }: { readonly staleMs: number },
  start: { readonly number: number; readonly elapsedMs: number },
): EdgeLeases {
  const poll = { process: null, receivedAtMs: start.elapsedMs, staleMs }
  return grantLease(startLeases(start.elapsedMs), start.number - 1, poll, start.elapsedMs)
}

/** Notes that a process has applied all changes up to `number`, so it has no older facts. */
export function acknowledge(leases: EdgeLeases, process: string, number: number): EdgeLeases {
  const asOf = leases.grants.findLast((grant) => grant.number <= number)
  return {
    ...leases,
    acknowledged: Math.max(leases.acknowledged, number),
    currentAtMs: Math.max(leases.currentAtMs, asOf?.grantedAtMs ?? 0),
    grants: leases.grants.filter(
      (grant) => !isEnded(grant, process) && (grant.number >= number || !belongsTo(grant, process)),
    ),
  }
}

/**
 * Notes that the facts of a process have all changes up to `number`, for leases that were written before
 * their changes were read: a lease goes on with newer facts than it was written with.
 */
export function raiseGrants(leases: EdgeLeases, process: string, number: number): EdgeLeases {
  const grants = leases.grants.map((grant) =>
    belongsTo(grant, process) ? { ...grant, number: Math.max(grant.number, number) } : grant,
  )
  return { ...leases, grants }
}

/** A request for changes. It was received after the edge has sent it, from when the edge counts. */
export interface Poll {
  /**
   * Several processes may have the token of one edge. `ID.N` is the Nth one of a data directory, which
   * ends before the next begins.
   */
  readonly process: string | null
  readonly receivedAtMs: number
  readonly staleMs: number
}

/**
 * Whether a lease may be granted. A process that has stopped never reads the response to the request
 * that it has cut off, but that request may have waited here, or be on its way.
 */
export function mayGrant({ releases }: EdgeLeases, { process, receivedAtMs }: Poll): boolean {
  return !releases.some((release) => release.process === process && receivedAtMs <= release.atMs)
}

/** Grants a lease with all changes up to `number`, for which `mayGrant` must hold. */
export function grantLease(
  leases: EdgeLeases,
  number: number,
  { process, receivedAtMs, staleMs }: Poll,
  nowMs: number,
): EdgeLeases {
  const leaseUntilMs = receivedAtMs + LEASE_MS
  const answersUntilMs = leaseUntilMs + staleMs
  const granted = { process, number, grantedAtMs: nowMs, leaseUntilMs, answersUntilMs }
  const running = leases.grants.filter((grant) => grant.answersUntilMs > nowMs)
  return { ...leases, polledAtMs: receivedAtMs, staleMs, grants: addGrant(running, granted) }
}

/** Notes that a process has given up all facts that it had when it acknowledged `number`. */
export function releaseLeases(
  leases: EdgeLeases,
  process: string,
  number: number,
  nowMs: number,
): EdgeLeases {
  const isLeft = (grant: Grant) => grant.number > number || !belongsTo(grant, process)
  const others = leases.releases.filter((release) => release.process !== process)
  const releases = [...others, { process, atMs: nowMs }].slice(-RELEASES_MAX)
  return { ...leases, grants: leases.grants.filter(isLeft), releases }
}

/** Whether the lease is that of an earlier process of the same directory, which only one can use. */
function isEnded(grant: Grant, by: string): boolean {
  const [directory, start] = by.split('.')
  const [other, otherStart] = grant.process?.split('.') ?? []
  return directory === other && Number(otherStart) < Number(start)
}

/** A lease from before the start of this server counts as that of the first process that asks. */
const belongsTo = (grant: Grant, process: string) =>
  grant.process === null || grant.process === process

/** Counts the edges whose older answers have ended, given the end of each, and lists the ends to come. */
export function countReached(ends: readonly number[], nowMs: number) {
  const open = ends.filter((endMs) => endMs > nowMs)
  return { counts: { reached: ends.length - open.length, edges: ends.length }, open }
}

/** Returns until when the edge may answer from facts that are older than a change; 0 if it has none. */
export function getOlderAnswersEnd({ grants }: EdgeLeases, number: number): number {
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
  const { process, number } = granted
  const same = grants.findIndex((each) => each.process === process && each.number === number)
  const before = grants[same]
  if (before !== undefined) return [...grants.toSpliced(same, 1), mergeGrants(before, granted)]
  if (grants.length < GRANTS_MAX) return [...grants, granted]
  // Those of one process are merged, as long as there are not as many processes.
  const oldest = grants.findIndex((each, at) =>
    grants.slice(at + 1).some((other) => other.process === each.process),
  )
  const older = Math.max(0, oldest)
  const next = grants.findIndex(
    (each, at) => at > older && (oldest === -1 || each.process === grants[older]?.process),
  )
  const [one, other] = [grants[older], grants[next]]
  if (one === undefined || other === undefined) return [...grants, granted]
  return [
    mergeGrants(one, other),
    ...grants.filter((each) => each !== one && each !== other),
    granted,
  ]
}

/** Two grants become one that is as old as the older, and lasts as long as the longer. */
function mergeGrants(older: Grant, newer: Grant): Grant {
  return {
    process: older.process === newer.process ? older.process : MIXED,
    number: Math.min(older.number, newer.number),
    grantedAtMs: newer.grantedAtMs,
    leaseUntilMs: Math.max(older.leaseUntilMs, newer.leaseUntilMs),
    answersUntilMs: Math.max(older.answersUntilMs, newer.answersUntilMs),
  }
}
