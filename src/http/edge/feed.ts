import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { getChangeNumber } from '~/domain/change-positions.ts'
import { POLL_MS } from '~/domain/edge-leases.ts'
import type { Edge } from '~/domain/edges.ts'
import { Fault } from '~/domain/faults.ts'
import type { ChangeSet } from '~/store/changes-port.ts'
import { EdgeFeed, EdgeFeedQuery, type FeedPoll, parseFeedQuery } from '~/wire/edges.ts'
import { edgeAnswers } from '../answers.ts'
import { edgeCallerOf, edgeRejected } from '../plugins/edge-auth.ts'
import { logQuietly } from '../plugins/requests.ts'
import { openOptions } from '../plugins/route-options.ts'
import type { EdgeBoard } from './board.ts'

/** With more changes, the edge starts anew. */
const CHANGES_MAX = 2000
/** A slow line needs a second or two for it, and an edge waits for three. */
const ACTIVATIONS_BYTES_MAX = 65_536
/**
 * A lease comes with all changes from before the request. Without one, while an older transaction of another server
 * runs for long, the edge forwards.
 */
const SETTLE_MAX_MS = 500
/** How far the recorded time of the delivered usage may lag behind. */
const USAGE_RECORDED_MS = 60_000

type FeedDeps = Pick<Deps, 'store' | 'clock'>

/** A long poll, which grants a lease with all changes after a position. */
export const edgeFeedRoutes = (deps: FeedDeps, board: EdgeBoard) => {
  const { store, clock } = deps
  const recordUsage = createUsageRecorder(deps)
  const { list, readChanges } = createChangeReader(deps)

  /** Throws a Fault if the position is unknown, because nobody knows which changes the edge has. */
  async function confirm(edge: Edge, process: string, after: string): Promise<void> {
    if (after !== store.changes.readPosition()) await list(after)
    await board.acknowledge(edge, process, after)
  }

  /** Responds to an edge without facts. It may have a position of before a restart, or none. */
  async function release(edge: Edge, { process, after }: FeedPoll): Promise<EdgeFeed> {
    const position = store.changes.readPosition()
    const isKnown = after !== null && (await store.changes.list(after, CHANGES_MAX)) !== null
    if (isKnown) await board.acknowledge(edge, process, after)
    await board.release(edge, process, isKnown ? after : position)
    return presentFeed({ ...nothing, position }, 0, clock.nowMs())
  }

  return new Elysia({ tags: ['Edges'] }).macro(openOptions).get(
    '/feed',
    async ({ query, request }) => {
      const receivedAtMs = clock.elapsedMs()
      logQuietly(request)
      const caller = edgeCallerOf(request)
      const { edge, tokenHash } = caller
      const poll = parseFeedQuery(query, POLL_MS)
      const { process, after, staleMs, usageUntilMs, waitMs, isEmpty } = poll
      await store.edges.recordPoll(edge.id, { atMs: clock.nowMs(), staleMs })
      await recordUsage(edge, usageUntilMs)
      if (isEmpty) return release(edge, poll)
      if (after !== null) await confirm(edge, process, after)
      await board.gather(edge)
      if (after === store.changes.readPosition()) await board.waitForCommit(waitMs)
      const asked = { process, receivedAtMs, staleMs }
      const isGranted = await board.announce(caller, asked)
      const isSettled = await store.changes.settle(SETTLE_MAX_MS)
      const changes = await readChanges(after, tokenHash)
      const leaseMs = isGranted && isSettled ? board.grant(caller, changes.position, asked) : 0
      return presentFeed(changes, leaseMs, clock.nowMs())
    },
    {
      credential: 'edge token',
      operationId: 'readEdgeFeed',
      query: EdgeFeedQuery,
      ...edgeAnswers(EdgeFeed, 410, 422),
      summary: 'Wait for changes, as an edge does all the time',
      description:
        'Responds when something has changed after the position, or after `wait_ms`. The response grants a lease, and `after` confirms that the edge has applied the changes before it.',
    },
  )
}

function createChangeReader({ store }: FeedDeps) {
  /** Reads all changes up to now. As nothing is awaited after it, a grant comes with all of them. */
  async function readChanges(after: string | null, tokenHash: string): Promise<ChangeSet> {
    for (;;) {
      // The token may have been revoked meanwhile.
      if ((await store.edges.findByToken(tokenHash)) === null) throw edgeRejected()
      const position = store.changes.readPosition()
      if (after === null) return { ...nothing, position }
      const changes = after === position ? { ...nothing, position } : await list(after)
      // Of several servers, others commit all the time, and `settle` has been before.
      if (store.isShared || isAsNew(changes.position, store.changes.readPosition())) return changes
    }
  }

  /** Throws a Fault if the position is unknown. */
  async function list(after: string): Promise<ChangeSet> {
    const changes = await store.changes.list(after, CHANGES_MAX)
    if (changes !== null) return changes
    throw new Fault(
      'position_unknown',
      'This server does not know the position. Drop everything that is cached, then ask without `after`.',
    )
  }

  return { list, readChanges }
}

const nothing = { licenseIds: [], activations: [], touchesPlans: false, isAll: false }

/** A commit of another process may be listed before the server has noticed it. */
const isAsNew = (position: string, current: string) =>
  getChangeNumber(position) >= getChangeNumber(current)

/**
 * Returns a function that records the delivered usage, once a minute, because it matters for days. What
 * an edge says never goes beyond a time that was certainly reached.
 */
function createUsageRecorder({ store, clock }: FeedDeps) {
  /** By the ID of the edge. */
  const recorded = new Map<string, number>()
  return async ({ id }: Edge, usageUntilMs: number | null): Promise<void> => {
    if (usageUntilMs === null) return
    const untilMs = Math.min(usageUntilMs, clock.trustedMs())
    if (untilMs < (recorded.get(id) ?? 0) + USAGE_RECORDED_MS) return
    recorded.set(id, untilMs)
    await store.edges.recordUsage(id, { untilMs, seen: [] })
  }
}

/** Lets the edge start anew if many activations have long values, such as fingerprints. */
function shorten(changes: ChangeSet): ChangeSet {
  const { activations, position } = changes
  const bytes = activations.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0)
  return bytes <= ACTIVATIONS_BYTES_MAX ? changes : { ...nothing, position, isAll: true }
}

function presentFeed(changes: ChangeSet, goodForMs: number, nowMs: number): EdgeFeed {
  const { position, licenseIds, activations, touchesPlans, isAll } = shorten(changes)
  return {
    position,
    good_for_ms: goodForMs,
    now_ms: nowMs,
    all: isAll,
    plans: touchesPlans,
    licenses: [...licenseIds],
    activations: activations.map(({ licenseId, kind, value }) => [licenseId, kind, value]),
  }
}
