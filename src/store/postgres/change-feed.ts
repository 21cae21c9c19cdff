import { formatChangePosition } from '~/domain/change-positions.ts'
import type { Pool } from '~/platform/postgres.ts'
import { isConnectionLost } from '~/platform/postgres-errors.ts'
import { limitWait } from '../limit-wait.ts'
import type { Commit } from '../port.ts'
import { externalCommit, formatBody, parseBody } from '../shared/change-bodies.ts'
import { tooBusy } from '../shared/faults.ts'
import { type Tx, toCommit } from './engine.ts'
import { createRounds } from './rounds.ts'

const POLL_MS = 200
/** How long validations wait for a database that does not respond. */
const FRESH_WAIT_MAX_MS = 5000
const SETTLE_POLL_MS = 5
const SESSION_CHARACTERS = 16
/** The name in table `meta` of the highest transaction whose changes were deleted. */
export const FLOOR = 'changes_floor'

/** Every transaction below it has ended. */
const HORIZON = 'pg_snapshot_xmin(pg_current_snapshot())'

/** The state with each read. A server of the database that has started again is another run. */
const STATE = `${HORIZON}::text AS mark, extract(epoch FROM pg_postmaster_start_time())::text AS run,
  (SELECT value FROM meta WHERE name = '${FLOOR}') AS floor`

/**
 * Reads what was committed since the mark. Transactions end in another order than they begin, so the
 * mark is that of the oldest one that was still running.
 */
const READ = `
  SELECT xid::text AS xid, body, ${STATE}
  FROM (SELECT 1) AS one LEFT JOIN changes ON xid >= $1::text::xid8`

/** The file of the table is another one if the table was restored. */
const START = `
  SELECT ${STATE}, pg_relation_filenode('changes')::text AS file,
    (SELECT xid::text FROM changes WHERE xid < ${HORIZON} ORDER BY xid DESC LIMIT 1) AS last`

interface State {
  readonly mark: string
  readonly run: string
  readonly floor: string | null
}

interface Row extends State {
  readonly xid: string | null
  readonly body: string | null
}

interface Start extends State {
  readonly file: string
  readonly last: string | null
}

/** The state of one run of the database. Numbers are those of transactions. */
interface Known {
  readonly run: string
  readonly session: string
  /** All changes below it are known. */
  mark: bigint
  /** Above the last change below the mark. It is the same on every node, and moves only with changes. */
  position: bigint
  /** The last change that was seen, also above the mark. */
  highest: bigint
  /** Those above the mark. */
  readonly above: Set<string>
}

type Notify = (commit: Commit) => void

export type ChangeFeed = ReturnType<typeof createChangeFeed>

/** Reads the changes of all nodes, and passes those of other nodes on. */
export function createChangeFeed(
  pool: Pool,
  clock: { nowMs(): number },
  notify: Notify,
  onError: (error: unknown) => void,
) {
  const reader = createReader(pool, notify)
  const rounds = createRounds(reader.read)
  // A failure is reported by those who wait for the next read.
  const started = rounds.next().catch(() => undefined)
  const timer = setInterval(() => void rounds.next().catch(onError), POLL_MS).unref()
  return {
    /** Resolves after the first read: all later commits are passed on. */
    started,
    /**
     * Resolves when the changes are known that were committed before the call. Throws a Fault `unavailable`
     * if that takes longer than five seconds.
     */
    fresh: createFresh(rounds.next),
    /** Returns null before the first read. */
    readPosition(): string | null {
      const known = reader.getKnown()
      return known === null ? null : formatPosition(known.session, known.position)
    },
    /** Returns the position after all changes that are known. */
    readLatest(): string | null {
      const known = reader.getKnown()
      return known === null ? null : formatPosition(known.session, known.highest + 1n)
    },
    /** Resolves with whether the position is after all changes that were committed before the call. */
    async settle(timeoutMs: number): Promise<boolean> {
      const deadlineMs = performance.now() + timeoutMs
      await rounds.next()
      const target = reader.getKnown()?.highest ?? 0n
      while ((reader.getKnown()?.position ?? 0n) <= target) {
        if (performance.now() >= deadlineMs) return false
        await Bun.sleep(SETTLE_POLL_MS)
        await rounds.next()
      }
      return true
    },
    /** Writes the changes of a transaction for the other nodes, and returns its number. */
    async write(tx: Tx): Promise<string | null> {
      const body = formatBody(tx.touched)
      if (body === null) return null
      const [row] = await tx.client.unsafe<{ xid: string }[]>(
        'INSERT INTO changes (at_ms, body) VALUES ($1, $2) RETURNING xid::text AS xid',
        [clock.nowMs(), body],
      )
      return row?.xid ?? null
    },
    /** Passes on the changes of a transaction of this node, once it is committed. */
    passOn(tx: Tx, xid: string | null): void {
      const known = reader.getKnown()
      if (xid !== null && known !== null) note(known, xid)
      notify(toCommit(tx))
    },
    close(): Promise<void> {
      clearInterval(timer)
      return rounds.end()
    },
  }
}

/** Returns a function whose calls wait for a limited time. All who wait for the same round share the limit. */
function createFresh(next: () => Promise<void>): () => Promise<void> {
  let round: Promise<void> | null = null
  let limited = Promise.resolve()
  return () => {
    const joined = next()
    if (joined !== round) {
      round = joined
      limited = limitWait(joined, FRESH_WAIT_MAX_MS, tooBusy)
    }
    return limited
  }
}

function createReader(pool: Pool, notify: Notify) {
  let known: Known | null = null

  async function read(): Promise<void> {
    if (known === null) {
      const [start] = await query<Start>(START)
      if (start !== undefined) known = startAt(start)
      return
    }
    const rows = await query<Row>(READ, [String(known.mark)])
    const [first] = rows
    if (first === undefined) return
    if (first.run === known.run) return advance(known, rows, first, notify)
    // After a failover, numbers may be given again. Anything may have changed.
    known = null
    notify(externalCommit)
    return read()
  }

  function query<Result>(text: string, values: string[] = []): Promise<Result[]> {
    const send = () => pool.unsafe<Result[]>(text, values)
    return send().catch((error: unknown) => {
      // It may have ended a connection that was idle. Another one is opened.
      if (isConnectionLost(error)) return send()
      throw error
    })
  }

  return { read, getKnown: () => known }
}

/** Before the first read nothing is in memory that could be out of date, so it needs no changes. */
function startAt({ mark, run, floor, file, last }: Start): Known {
  const hash = new Bun.CryptoHasher('sha256').update(`${run} ${file}`).digest('hex')
  const session = hash.slice(0, SESSION_CHARACTERS)
  const highest = max(BigInt(floor ?? 0), BigInt(last ?? 0))
  const above = new Set<string>()
  return { run, session, mark: BigInt(mark), position: highest + 1n, highest, above }
}

function advance(known: Known, rows: readonly Row[], { mark, floor }: State, notify: Notify): void {
  const former = known.mark
  known.mark = BigInt(mark)
  for (const { xid, body } of rows) {
    if (xid === null || body === null) continue
    if (!known.above.has(xid)) notify(parseBody(body))
    note(known, xid)
    const number = BigInt(xid)
    if (number < known.mark) known.position = max(known.position, number + 1n)
  }
  if (floor !== null && BigInt(floor) >= former) notify(externalCommit)
  for (const xid of known.above) if (BigInt(xid) < known.mark) known.above.delete(xid)
}

function note(known: Known, xid: string): void {
  known.above.add(xid)
  known.highest = max(known.highest, BigInt(xid))
}

const max = (one: bigint, other: bigint) => (one > other ? one : other)

const formatPosition = (session: string, number: bigint) =>
  formatChangePosition({ session, number: Number(number) })
