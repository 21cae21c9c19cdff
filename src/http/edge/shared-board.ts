import type { Deps } from '~/deps.ts'
import { getChangeNumber } from '~/domain/change-positions.ts'
import {
  acknowledge,
  countReached,
  type EdgeLeases,
  getLeaseEnds,
  getOlderAnswersEnd,
  grantLease,
  LEASE_MS,
  mayGrant,
  raiseGrants,
  releaseLeases,
  startLeases,
} from '~/domain/edge-leases.ts'
import { type Edge, getEdgeState } from '~/domain/edges.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'
import type { EdgeLeaseBook } from '~/store/edges-port.ts'
import type { Commit } from '~/store/port.ts'
import type { EdgeStatus } from '~/wire/edges.ts'
import type { Connections } from '../plugins/requests.ts'
import type { EdgeBoard, EdgeReach } from './board.ts'
import { createSignal } from './signal.ts'

/** Under many changes an edge gets several of them together, so that it does not keep this server busy. */
const GATHER_MS = 10
/** A wait reads this often what edges have confirmed to other servers. */
const WAIT_POLL_MS = 25
/** The time of the last request of an edge is recorded once a minute, by clocks that differ a little. */
const RECORDED_MS = 120_000
const EDGES_MAX = 1000

type BoardDeps = Pick<Deps, 'store' | 'clock'>

/**
 * Creates what a server knows about the edges of several servers that share a database. An edge may ask
 * any of them for changes, so what it has confirmed, and its leases, are in the database.
 */
export function openSharedBoard(
  { store, clock }: BoardDeps,
  book: EdgeLeaseBook,
  connections: Readonly<Connections>,
): EdgeBoard {
  const commits = createSignal()
  store.subscribe((commit) => {
    if (concernsEdges(commit)) commits.notify()
  })
  /** When this server has last responded to an edge. */
  const granted = createBoundedMap<string, { readonly elapsedMs: number }>(EDGES_MAX)

  const update = ({ id }: Edge, change: (leases: EdgeLeases, nowMs: number) => EdgeLeases) =>
    book.change(id, (known, nowMs) => ({
      leases: change(known ?? startLeases(nowMs), nowMs),
      result: undefined,
    }))

  return {
    waitForCommit: (waitMs) => commits.wait(waitMs),

    async gather({ id }) {
      const last = granted.get(id)
      const leftMs = last ? last.elapsedMs + GATHER_MS - clock.elapsedMs() : 0
      if (leftMs > 0) await Bun.sleep(leftMs)
    },

    acknowledge: (edge, process, position) =>
      update(edge, (leases) => {
        const number = getChangeNumber(position)
        return acknowledge(raiseGrants(leases, process, number), process, number)
      }),

    release: (edge, process, position) =>
      update(edge, (leases, nowMs) =>
        releaseLeases(leases, process, getChangeNumber(position), nowMs),
      ),

    // Time ends its leases: a rejected token does not say which edge it belonged to.
    releaseRejected: () => undefined,

    /** Writes the lease before the changes are read that come with it, so every wait sees it in time. */
    announce: ({ edge }, poll) => {
      const sinceMs = clock.elapsedMs() - poll.receivedAtMs
      const number = getChangeNumber(store.changes.readPosition())
      return book.change(edge.id, (known, nowMs) => {
        const leases = known ?? startLeases(nowMs)
        const asked = { ...poll, receivedAtMs: nowMs - sinceMs }
        if (!mayGrant(leases, asked)) return { leases, result: false }
        return { leases: grantLease(leases, number, asked, nowMs), result: true }
      })
    },

    grant({ edge }) {
      granted.set(edge.id, { elapsedMs: clock.elapsedMs() })
      return LEASE_MS
    },

    waitForEdges: (waitMs) => waitForEdges({ store, clock }, book, waitMs, connections),

    getStatus: (edge) => getStatus(edge, clock.nowMs()),

    async listStates() {
      const edges = await store.edges.listAll()
      const nowMs = clock.nowMs()
      const seen = edges.filter((edge) => edge.revokedAtMs === null && edge.lastPolledAtMs !== null)
      return seen.map((edge) => ({ ...edge, ...getStatus(edge, nowMs) }))
    },
  }
}

async function waitForEdges(
  { store, clock }: BoardDeps,
  book: EdgeLeaseBook,
  waitMs: number,
  connections: Readonly<Connections>,
): Promise<EdgeReach> {
  const deadlineMs = performance.now() + waitMs
  const number = getChangeNumber(await store.changes.findLatest())
  const start = await book.read()
  const edges = await store.edges.listAll()
  const trustedMs = clock.trustedMs()
  const seen = edges.filter((edge) => counts(edge, start, trustedMs))
  for (let state = start; ; state = await book.read()) {
    const ends = seen.map((edge) => {
      const known = state.leases.get(edge.id)
      if (known !== undefined) return getOlderAnswersEnd(known, number)
      return mayAnswer(edge, trustedMs) ? start.nowMs + LEASE_MS + edge.staleMs : 0
    })
    const { counts: reach, open } = countReached(ends, state.nowMs)
    if (open.length === 0) return { ...reach, untilMs: null }
    if (performance.now() >= deadlineMs || connections.areClosing) {
      return { ...reach, untilMs: clock.nowMs() + Math.max(...open) - state.nowMs }
    }
    await Bun.sleep(WAIT_POLL_MS)
  }
}

function concernsEdges(commit: Commit): boolean {
  const { licenseIds, activations, touchesPlans, touchesEdges, isExternal } = commit
  return licenseIds.length + activations.length > 0 || touchesPlans || touchesEdges || isExternal
}

interface LeaseState {
  readonly nowMs: number
  readonly leases: ReadonlyMap<string, EdgeLeases>
}

/** Whether an edge has ever asked for changes. A revoked one counts for as long as it may answer. */
function counts(edge: Edge, { nowMs, leases }: LeaseState, trustedMs: number): boolean {
  if (edge.lastPolledAtMs === null) return false
  if (edge.revokedAtMs === null) return true
  const known = leases.get(edge.id)
  return known === undefined
    ? mayAnswer(edge, trustedMs)
    : getLeaseEnds(known).answersUntilMs > nowMs
}

/** Whether an edge may answer whose leases are not known here, such as after a move to this database. */
function mayAnswer({ lastPolledAtMs, staleMs }: Edge, trustedMs: number): boolean {
  return lastPolledAtMs !== null && trustedMs < lastPolledAtMs + RECORDED_MS + LEASE_MS + staleMs
}

/** Returns what is recorded of an edge, which is exact to a minute. */
function getStatus(edge: Edge, nowMs: number): EdgeStatus {
  return {
    isConnected: getEdgeState(edge, nowMs) === 'connected',
    lagChanges: null,
    lagMs: null,
    leaseUntilMs: null,
    answersUntilMs: null,
    lastPolledAtMs: edge.lastPolledAtMs,
  }
}
