import { parseChangePosition } from '~/domain/change-positions.ts'
import { Fault } from '~/domain/faults.ts'
import type { Changes } from '../changes-port.ts'
import { buildAll, CHANGE_ROWS_MAX, mergeChanges } from '../shared/change-sets.ts'
import { type ChangeFeed, FLOOR } from './change-feed.ts'
import type { Engine, Tx } from './engine.ts'

const LIST = `
  SELECT body FROM changes WHERE xid >= $1::text::xid8 AND xid < $2::text::xid8
  ORDER BY xid LIMIT ${CHANGE_ROWS_MAX + 1}`

const FIND_FLOOR = `SELECT value FROM meta WHERE name = '${FLOOR}'`

/**
 * A position is the number of a transaction, and what lies before it are the changes of all transactions
 * with a lower one, which have ended. So it can lag behind a commit for as long as an older one runs.
 */
export function createChanges({ client, clock, transact }: Engine, feed: ChangeFeed): Changes {
  const readPosition = () => {
    const position = feed.readPosition()
    if (position !== null) return position
    throw new Fault('unavailable', 'The database has not responded yet.')
  }
  return {
    readPosition,
    settle: feed.settle,
    findLatest: async () => {
      await feed.fresh()
      return feed.readLatest() ?? readPosition()
    },
    list: async (after, max) => {
      await feed.fresh()
      const position = readPosition()
      const [from, to] = [parseChangePosition(after), parseChangePosition(position)]
      if (from?.session !== to?.session || from === null || to === null) return null
      if (from.number > to.number) return null
      const range = [String(from.number), String(to.number)]
      const rows = await client.unsafe<{ body: string }[]>(LIST, range)
      // Read last, so that no change was deleted before it was read.
      const [floor] = await client.unsafe<{ value: string }[]>(FIND_FLOOR)
      if (from.number <= Number(floor?.value ?? 0)) return null
      if (rows.length > CHANGE_ROWS_MAX) return buildAll(position)
      return mergeChanges(
        position,
        rows.map(({ body }) => body),
        max,
      )
    },
    trim: (beforeMs, max) => transact((tx) => trim(tx, { beforeMs, nowMs: clock.nowMs(), max })),
  }
}

interface Trim {
  readonly beforeMs: number
  readonly nowMs: number
  readonly max: number
}

/** Which of the oldest rows are kept. A time in the future is from before the clock was set back. */
const TRIM = `
  WITH oldest AS (
    SELECT number, xid, at_ms >= $1 AND at_ms <= $2 AS is_kept FROM changes
    WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid LIMIT $3
  )
  DELETE FROM changes USING oldest
  WHERE changes.number = oldest.number AND oldest.xid < ALL (SELECT xid FROM oldest WHERE is_kept)
  RETURNING changes.xid::text AS xid`

/**
 * Deletes only the first rows, so that none is missing between others, and records the last one. A node
 * that was away for longer clears its caches.
 */
async function trim({ client }: Tx, { beforeMs, nowMs, max }: Trim): Promise<number> {
  const rows = await client.unsafe<{ xid: string }[]>(TRIM, [beforeMs, nowMs, max])
  if (rows.length === 0) return 0
  const floor = Math.max(...rows.map(({ xid }) => Number(xid)))
  await client.unsafe(
    `INSERT INTO meta (name, value) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE
     SET value = greatest(meta.value::bigint, excluded.value::bigint)::text`,
    [FLOOR, String(floor)],
  )
  return rows.length
}
