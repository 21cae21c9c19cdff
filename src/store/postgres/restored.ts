import type { Pool } from '~/platform/postgres.ts'
import { FLOOR } from './change-feed.ts'

/** Whether a transaction is from another server of the database, because this one has not come to it yet. */
const IS_FOREIGN = '>= pg_snapshot_xmax(pg_current_snapshot())'

/**
 * Repairs what depends on the numbers of transactions, after a dump was restored to another server of the
 * database. Events would be hidden until it has come to their numbers. They keep their order.
 */
export async function renumberRestored(pool: Pool): Promise<void> {
  await pool.unsafe(
    `UPDATE events SET xid = pg_current_xact_id()
     WHERE EXISTS (SELECT FROM events WHERE xid ${IS_FOREIGN})`,
  )
  await pool.unsafe(`DELETE FROM changes WHERE xid ${IS_FOREIGN}`)
  await pool.unsafe(`DELETE FROM meta WHERE name = '${FLOOR}' AND value::xid8 ${IS_FOREIGN}`)
}
