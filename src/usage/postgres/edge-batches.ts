import type { Connection, Pool } from '~/platform/postgres.ts'
import type { EdgeBatch } from '../edge-batches.ts'
import { query } from './calls.ts'

/** Runs that are remembered per edge. An edge delivers what an earlier run left behind before its own. */
const RUNS_MAX = 1000

/** Returns whether a batch is new, and makes it the last of its run, in the transaction of its rows. */
export async function takeBatch(
  connection: Connection,
  { edgeId, run, number }: EdgeBatch,
): Promise<boolean> {
  const advanced = await connection.unsafe(
    `INSERT INTO usage_edge_batches (edge_id, run, number, at_ms)
     VALUES ($1, $2, $3::text::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
     ON CONFLICT (edge_id, run) DO UPDATE SET number = excluded.number, at_ms = excluded.at_ms
       WHERE usage_edge_batches.number < excluded.number
     RETURNING 1`,
    [edgeId, run, `${number}`],
  )
  if (advanced.length === 0) return false
  await connection.unsafe(
    `DELETE FROM usage_edge_batches WHERE edge_id = $1 AND run IN (
       SELECT run FROM usage_edge_batches WHERE edge_id = $1 ORDER BY at_ms DESC OFFSET ${RUNS_MAX})`,
    [edgeId],
  )
  return true
}

/** Returns the number of the last batch of a run; 0 if there is none. */
export async function readLast(pool: Pool, edgeId: string, run: string): Promise<number> {
  const [row] = await query<{ number: number }>(
    pool,
    `SELECT number::float8 AS number FROM usage_edge_batches WHERE edge_id = $1 AND run = $2`,
    [edgeId, run],
  )
  return row?.number ?? 0
}
