import type { RecordedTime } from '~/domain/trusted-time.ts'
import type { Maintenance } from '../maintenance-port.ts'
import { expirations, REVOKED_EDGE_KEPT_MS } from '../shared/expirations.ts'
import { RECORDED_TIME } from '../shared/meta-names.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { insertRows, selectRow } from './rows.ts'
import { meta } from './schema.ts'
import { createTimeCorrections } from './time-corrections.ts'

export function createMaintenance(engine: Engine): Maintenance {
  const { transact } = engine
  return {
    cleanUp: (nowMs, max) =>
      transact(async (tx) => {
        const deleted = await deleteExpired(tx, nowMs, max)
        await deleteRevokedEdges(tx, nowMs)
        return deleted + (await deleteEndpoints(tx, max - deleted))
      }),
    correctTimes: createTimeCorrections(engine),
    findRecordedTime: () => readRecordedTime(engine),
    recordTime: (decide) =>
      transact(async (tx) => {
        const former = await readRecordedTime(tx, 'FOR UPDATE')
        const value = JSON.stringify(decide(former))
        const onConflict = 'ON CONFLICT (name) DO UPDATE SET value = excluded.value'
        await insertRows(tx, meta, [{ name: RECORDED_TIME, value }], onConflict)
      }),
    // PostgreSQL empties its log itself.
    truncateLog: async () => undefined,
  }
}

async function readRecordedTime(reading: Reading, lock = ''): Promise<RecordedTime | null> {
  const condition = `WHERE name = $1 ${lock}`
  const row = await selectRow(reading, meta, ['value'], condition, [RECORDED_TIME])
  return row === null ? null : JSON.parse(row.value)
}

/** Leaves out rows that another transaction is changing. They are deleted next time. */
async function deleteExpired({ client }: Tx, nowMs: number, max: number): Promise<number> {
  let deleted = 0
  for (const [table, column, keptMs] of expirations) {
    const { count } = await client.unsafe(
      `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM ${table} WHERE ${column} <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
       ))`,
      [nowMs - keptMs, max - deleted],
    )
    deleted += count ?? 0
  }
  return deleted
}

/** Deletes revoked edges, which are few, once none of them can still answer. */
async function deleteRevokedEdges({ client }: Tx, nowMs: number): Promise<void> {
  await client.unsafe(
    `DELETE FROM edges WHERE revoked_at_ms IS NOT NULL
       AND greatest(revoked_at_ms, last_polled_at_ms) + stale_ms + $1 <= $2`,
    [REVOKED_EDGE_KEPT_MS, nowMs],
  )
}

/** Deletes the deliveries of deleted endpoints a few at a time: there may be a million. */
async function deleteEndpoints({ client }: Tx, max: number): Promise<number> {
  const { count } = await client.unsafe(
    `DELETE FROM deliveries WHERE position = ANY(ARRAY(
       SELECT deliveries.position FROM endpoints JOIN deliveries ON endpoint_id = endpoints.id
       WHERE state = 'deleted' LIMIT $1
     ))`,
    [max],
  )
  await client.unsafe(
    `DELETE FROM endpoints WHERE state = 'deleted'
       AND NOT EXISTS (SELECT 1 FROM deliveries WHERE endpoint_id = endpoints.id)`,
  )
  return count ?? 0
}
