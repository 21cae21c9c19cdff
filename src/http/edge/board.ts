import type { Deps } from '~/deps.ts'
import { getChangeNumber } from '~/domain/change-positions.ts'
import {
  acknowledge,
  assumeLeases,
  countReached,
  type EdgeLeases,
  getLeaseEnds,
  getOlderAnswersEnd,
  grantLease,
  LEASE_MS,
  mayGrant,
  type Poll,
  releaseLeases,
  startLeases,
} from '~/domain/edge-leases.ts'
import type { Edge } from '~/domain/edges.ts'
import type { Eventual } from '~/turns.ts'
import type { EdgeStatus } from '~/wire/edges.ts'
import type { Connections, EdgeCaller } from '../plugins/requests.ts'
import { openSharedBoard } from './shared-board.ts'
import { createSignal } from './signal.ts'

/** Under many changes an edge gets several of them together, so that it does not keep this server busy. */
const GATHER_MS = 10
/** A wait looks this often whether the server is stopping. */
const STOP_CHECK_MS = 1000

/** How many edges have a change, of those that have ever asked for changes. */
export interface EdgeReach {
  readonly reached: number
  readonly edges: number
  /** When the last of the others can no longer answer from older facts; null without others. */
  readonly untilMs: number | null
}

type BoardDeps = Pick<Deps, 'store' | 'clock'>
type Book = ReturnType<typeof openBook>

type OwnBoard = ReturnType<typeof openBoard>

/** On servers that share a database, what an edge confirms is written there. */
export type EdgeBoard = Omit<OwnBoard, 'acknowledge' | 'release'> & {
  readonly [Name in 'acknowledge' | 'release']: (
    ...given: Parameters<OwnBoard[Name]>
  ) => Eventual<void>
}

/** Creates what this server knows about its edges: what they have confirmed, and their leases. */
export function createEdgeBoard(deps: BoardDeps, connections: Readonly<Connections>): EdgeBoard {
  const book = deps.store.edgeLeases
  return book === null ? openBoard(deps, connections) : openSharedBoard(deps, book, connections)
}

const neverSeen: EdgeStatus = {
  isConnected: false,
  lagChanges: null,
  lagMs: null,
  leaseUntilMs: null,
  answersUntilMs: null,
  lastPolledAtMs: null,
}

function openBoard(deps: BoardDeps, connections: Readonly<Connections>) {
  const book = openBook(deps)
  const { store, clock } = deps
  const commits = createSignal()
  store.subscribe(commits.notify)

  return {
    /** Resolves at the next commit, or after `waitMs`. */
    waitForCommit: (waitMs: number) => commits.wait(waitMs),

    /** Resolves at once, or shortly after an edge has had a response. */
    async gather({ id }: Edge): Promise<void> {
      const last = book.leases.get(id)?.grants.at(-1)
      const leftMs = last ? last.grantedAtMs + GATHER_MS - clock.elapsedMs() : 0
      if (leftMs > 0) await Bun.sleep(leftMs)
    },

    /** Notes that a process of an edge has applied all changes up to this position. */
    acknowledge(edge: Edge, process: string, position: string): void {
      update(book, edge, (leases) => acknowledge(leases, process, getChangeNumber(position)))
    },

    /** Notes that a process of an edge has given up all facts that it had at this position. */
    release(edge: Edge, process: string, position: string): void {
      const number = getChangeNumber(position)
      update(book, edge, (leases) => releaseLeases(leases, process, number, clock.elapsedMs()))
    },

    /** Notes that a process whose token was rejected has given up all its facts. */
    releaseRejected(tokenHash: string, process: string): void {
      const id = book.tokens.get(tokenHash)
      const leases = book.leases.get(id ?? '')
      if (id === undefined || leases === undefined) return
      const number = Number.POSITIVE_INFINITY
      book.leases.set(id, releaseLeases(leases, process, number, clock.elapsedMs()))
      book.confirmations.notify()
    },

    /** Returns whether a lease may be granted, before the changes are read that come with it. */
    announce: (_caller: EdgeCaller, _poll: Poll): Eventual<boolean> => true,

    /**
     * Grants a lease with all changes up to this position. Returns its length in ms: 0 if the process
     * has given up its facts since it has asked.
     */
    grant({ edge, tokenHash }: EdgeCaller, position: string, poll: Poll): number {
      const leases = findLeases(book, edge)
      if (leases !== null && !mayGrant(leases, poll)) return 0
      const number = getChangeNumber(position)
      book.tokens.set(tokenHash, edge.id)
      update(book, edge, (leases) => grantLease(leases, number, poll, clock.elapsedMs()))
      return LEASE_MS
    },

    /**
     * Waits up to `waitMs` until all edges have the changes up to now, or can no longer answer from
     * older facts. Ends early if the server stops.
     */
    waitForEdges: (waitMs: number) => waitForEdges(book, waitMs, connections),

    getStatus: (edge: Edge) => getStatus(book, edge),

    /** Lists the states of all edges that have ever asked for changes, and were not revoked. */
    async listStates() {
      const edges = await store.edges.listAll()
      const seen = edges.filter(
        (edge) => edge.revokedAtMs === null && findLeases(book, edge) !== null,
      )
      return seen.map((edge) => ({ ...edge, ...getStatus(book, edge) }))
    },
  }
}

function openBook({ store, clock }: BoardDeps) {
  const readNumber = () => getChangeNumber(store.changes.readPosition())
  return {
    store,
    clock,
    readNumber,
    start: {
      number: readNumber(),
      elapsedMs: clock.elapsedMs(),
    },
    /** By the ID of the edge: those that have asked this process for changes. */
    leases: new Map<string, EdgeLeases>(),
    /** The IDs of these edges by the hashes of their tokens, because the store forgets revoked ones. */
    tokens: new Map<string, string>(),
    confirmations: createSignal(),
  }
}

/** Returns null for an edge that has never asked for changes, so it has no facts. */
function findLeases({ leases, start }: Book, edge: Edge): EdgeLeases | null {
  const { id, lastPolledAtMs } = edge
  const known = leases.get(id)
  if (known !== undefined) return known
  return lastPolledAtMs === null ? null : assumeLeases(edge, start)
}

function update(book: Book, edge: Edge, change: (leases: EdgeLeases) => EdgeLeases): void {
  const { leases, clock, confirmations } = book
  leases.set(edge.id, change(findLeases(book, edge) ?? startLeases(clock.elapsedMs())))
  confirmations.notify()
}

async function waitForEdges(
  book: Book,
  waitMs: number,
  connections: Readonly<Connections>,
): Promise<EdgeReach> {
  const { clock, confirmations } = book
  const number = book.readNumber()
  const answering = await listAnswering(book)
  let isOver = waitMs === 0
  const timer = setTimeout(() => {
    isOver = true
    confirmations.notify()
  }, waitMs)
  try {
    for (;;) {
      const nowMs = clock.elapsedMs()
      const ends = answering.map((findNow) => getOlderAnswersEnd(findNow(), number))
      const { counts, open } = countReached(ends, nowMs)
      if (open.length === 0) return { ...counts, untilMs: null }
      if (isOver || connections.areClosing) {
        return { ...counts, untilMs: clock.nowMs() + Math.max(...open) - nowMs }
      }
      await confirmations.wait(Math.min(...open.map((endMs) => endMs - nowMs), STOP_CHECK_MS))
    }
  } finally {
    clearTimeout(timer)
  }
}

/** Lists the leases of all edges that may answer, also of those that were revoked meanwhile. */
async function listAnswering(book: Book): Promise<readonly (() => EdgeLeases)[]> {
  const { store, clock, leases, tokens } = book
  const edges = await store.edges.listAll()
  const ids = new Set(edges.map(({ id }) => id))
  for (const id of leases.keys()) if (!ids.has(id)) leases.delete(id)
  for (const [tokenHash, id] of tokens) if (!ids.has(id)) tokens.delete(tokenHash)
  return edges.flatMap((edge) => {
    const known = findLeases(book, edge)
    if (known === null) return []
    const isOver = getLeaseEnds(known).answersUntilMs <= clock.elapsedMs()
    return isOver && edge.revokedAtMs !== null ? [] : [() => leases.get(edge.id) ?? known]
  })
}

/** Returns the state of an edge, by the clock. */
function getStatus(book: Book, edge: Edge): EdgeStatus {
  const { clock, readNumber } = book
  const leases = findLeases(book, edge)
  if (leases === null) return neverSeen
  const elapsedMs = clock.elapsedMs()
  const nowMs = clock.nowMs()
  const isKnown = book.leases.has(edge.id)
  const { leaseUntilMs, answersUntilMs } = getLeaseEnds(leases)
  const isConnected = isKnown && leaseUntilMs > elapsedMs
  const lagChanges = isKnown ? Math.max(0, readNumber() - leases.acknowledged) : null
  return {
    isConnected,
    lagChanges,
    lagMs: isConnected && lagChanges === 0 ? 0 : Math.max(0, elapsedMs - leases.currentAtMs),
    leaseUntilMs: isConnected ? nowMs + leaseUntilMs - elapsedMs : null,
    answersUntilMs: answersUntilMs > elapsedMs ? nowMs + answersUntilMs - elapsedMs : null,
    lastPolledAtMs: isKnown ? nowMs - (elapsedMs - leases.polledAtMs) : edge.lastPolledAtMs,
  }
}
