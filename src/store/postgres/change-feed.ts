import type { Pool } from '~/platform/postgres.ts'
import { isConnectionLost } from '~/platform/postgres-errors.ts'
import type { Commit } from '../port.ts'
import { externalCommit, formatBody, parseBody } from '../shared/change-bodies.ts'
import { type Tx, toCommit } from './engine.ts'

const POLL_MS = 200
/** The name in table `meta` of the highest transaction whose changes were deleted. */
const FLOOR = 'changes_floor'

/**
 * Reads what was committed since the mark. Transactions end in another order than they begin, so the
 * mark is that of the oldest one that was still running.
 */
const READ = `
  SELECT xid::text AS xid, body, pg_snapshot_xmin(pg_current_snapshot())::text AS mark,
    (SELECT value FROM meta WHERE name = '${FLOOR}') AS floor
  FROM (SELECT 1) AS one LEFT JOIN changes ON xid >= $1::text::xid8`

interface Row {
  readonly xid: string | null
  readonly body: string | null
  readonly mark: string
  readonly floor: string | null
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
  /** Transactions from the mark on whose changes are known here. */
  const known = new Set<string>()
  let mark: bigint | null = null

  async function read(): Promise<void> {
    const rows = await send().catch((error: unknown) => {
      // It may have ended a connection that was idle. Another one is opened.
      if (isConnectionLost(error)) return send()
      throw error
    })
    const [first] = rows
    if (first === undefined) return
    if (mark !== null) for (const row of rows) apply(row)
    if (mark !== null && first.floor !== null && BigInt(first.floor) >= mark) notify(externalCommit)
    mark = BigInt(first.mark)
    for (const xid of known) if (BigInt(xid) < mark) known.delete(xid)
  }

  // Before the first read nothing is in memory that could be out of date, so it needs no row.
  const send = () => pool.unsafe<Row[]>(READ, [String(mark ?? 2n ** 63n)])

  function apply({ xid, body }: Row): void {
    if (xid === null || body === null || known.has(xid)) return
    known.add(xid)
    notify(parseBody(body))
  }

  const rounds = createRounds(read)
  // A failure is reported by those who wait for the next read.
  const started = rounds.next().catch(() => undefined)
  const timer = setInterval(() => void rounds.next().catch(onError), POLL_MS).unref()
  return {
    /** Resolves after the first read: all later commits are passed on. */
    started,
    /** Resolves when the changes are known that were committed before the call. */
    fresh: rounds.next,
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
      if (xid !== null) known.add(xid)
      notify(toCommit(tx))
    },
    close(): Promise<void> {
      clearInterval(timer)
      return rounds.end()
    },
  }
}

/** Runs rounds of work one after another. */
function createRounds(work: () => Promise<void>) {
  let running: Promise<void> | null = null
  let waiting: Promise<void> | null = null

  function start(): Promise<void> {
    waiting = null
    running = work().finally(() => {
      running = null
    })
    return running
  }

  return {
    /** Resolves after a round that began after this call. All who wait share it. */
    next(): Promise<void> {
      if (running === null) return start()
      waiting ??= running.then(start, start)
      return waiting
    },
    end: () => (waiting ?? running ?? Promise.resolve()).catch(() => undefined),
  }
}
