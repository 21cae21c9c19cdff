import type { Deps } from '~/deps.ts'
import { LEASE_MS } from '~/domain/edge-leases.ts'
import { type Edge, getEdgeState } from '~/domain/edges.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'
import type { EdgeStatus } from '~/wire/edges.ts'
import type { Connections } from '../plugins/requests.ts'
import type { EdgeBoard, EdgeReach } from './board.ts'
import { createSignal } from './signal.ts'

/** Under many changes an edge gets several of them together, so that it does not keep this server busy. */
const GATHER_MS = 10
/** A wait looks this often whether the server is stopping. */
const STOP_CHECK_MS = 1000
/** The time of the last request of an edge is recorded once a minute, by clocks that differ a little. */
const RECORDED_MS = 120_000
const EDGES_MAX = 1000

type BoardDeps = Pick<Deps, 'store' | 'clock'>

/**
 * Creates what a server knows about the edges of several servers that share a database. An edge may ask
 * any of them for changes, so none knows what it has confirmed, and only time makes sure that it has a
 * change: its lease comes with all changes from before it has asked.
 */
export function openSharedBoard(
  { store, clock }: BoardDeps,
  connections: Readonly<Connections>,
): EdgeBoard {
  const commits = createSignal()
  store.subscribe(commits.notify)
  /** When this server has last responded to an edge. */
  const granted = createBoundedMap<string, { readonly elapsedMs: number }>(EDGES_MAX)

  return {
    waitForCommit: (waitMs) => commits.wait(waitMs),

    async gather({ id }) {
      const last = granted.get(id)
      const leftMs = last ? last.elapsedMs + GATHER_MS - clock.elapsedMs() : 0
      if (leftMs > 0) await Bun.sleep(leftMs)
    },

    grant({ edge }) {
      granted.set(edge.id, { elapsedMs: clock.elapsedMs() })
      return LEASE_MS
    },

    acknowledge: () => undefined,
    release: () => undefined,
    releaseRejected: () => undefined,

    waitForEdges: async (waitMs) => {
      const startMs = clock.elapsedMs()
      const edges = await listAnswering(store, clock.trustedMs())
      const ends = edges.map((edge) => (edge.mayAnswer ? startMs + LEASE_MS + edge.staleMs : 0))
      return waitUntil(ends, waitMs, clock, connections)
    },

    getStatus: (edge) => getStatus(edge, clock.nowMs()),

    async listStates() {
      const edges = await store.edges.listAll()
      const nowMs = clock.nowMs()
      const seen = edges.filter((edge) => edge.revokedAtMs === null && edge.lastPolledAtMs !== null)
      return seen.map((edge) => ({ ...edge, ...getStatus(edge, nowMs) }))
    },
  }
}

/** Lists the edges that have ever asked for changes, and revoked ones as long as they may answer. */
async function listAnswering({ edges }: BoardDeps['store'], trustedMs: number) {
  const seen = (await edges.listAll()).flatMap((edge) => {
    const { lastPolledAtMs, staleMs } = edge
    if (lastPolledAtMs === null) return []
    const mayAnswer = trustedMs < lastPolledAtMs + RECORDED_MS + LEASE_MS + staleMs
    return { ...edge, mayAnswer }
  })
  return seen.filter(({ revokedAtMs, mayAnswer }) => revokedAtMs === null || mayAnswer)
}

/** Waits for these times, by the clock that never jumps. */
async function waitUntil(
  ends: readonly number[],
  waitMs: number,
  clock: BoardDeps['clock'],
  connections: Readonly<Connections>,
): Promise<EdgeReach> {
  const deadlineMs = performance.now() + waitMs
  for (;;) {
    const nowMs = clock.elapsedMs()
    const open = ends.filter((endMs) => endMs > nowMs)
    const counts = { reached: ends.length - open.length, edges: ends.length }
    if (open.length === 0) return { ...counts, untilMs: null }
    const restMs = Math.max(...open) - nowMs
    const leftMs = deadlineMs - performance.now()
    if (leftMs <= 0 || connections.areClosing) return { ...counts, untilMs: clock.nowMs() + restMs }
    await Bun.sleep(Math.min(leftMs, restMs, STOP_CHECK_MS))
  }
}

/** Returns what the database has about an edge, which is exact to a minute. */
function getStatus(edge: Edge, nowMs: number): EdgeStatus {
  const { lastPolledAtMs } = edge
  const isConnected = getEdgeState(edge, nowMs) === 'connected'
  return {
    isConnected,
    lagChanges: null,
    lagMs: null,
    leaseUntilMs: null,
    answersUntilMs: null,
    lastPolledAtMs,
  }
}
