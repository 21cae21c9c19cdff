import { eq, sql } from 'drizzle-orm'
import type { RecordedTime } from '~/domain/trusted-time.ts'
import type { Maintenance } from '../maintenance-port.ts'
import { expirations, REVOKED_EDGE_KEPT_MS } from '../shared/expirations.ts'
import { RECORDED_TIME } from '../shared/meta-names.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { meta } from './schema.ts'
import { createTimeCorrections } from './time-corrections.ts'

export function createMaintenance(engine: Engine): Maintenance {
  const { db, transact } = engine
  return {
    cleanUp: (nowMs, max) =>
      transact(() => {
        const deleted = deleteExpired(db, nowMs, max)
        deleteRevokedEdges(db, nowMs)
        return deleted + deleteEndpoints(db, max - deleted)
      }),
    correctTimes: createTimeCorrections(engine),
    findRecordedTime: async () => readRecordedTime(engine.committed.db),
    recordTime: (decide) =>
      transact(() => {
        const value = JSON.stringify(decide(readRecordedTime(db)))
        const target = meta.name
        db.insert(meta)
          .values({ name: RECORDED_TIME, value })
          .onConflictDoUpdate({ target, set: { value } })
          .run()
      }),
    // Emptied, because an erasure during a read may have left its data in the log.
    truncateLog: engine.emptyLog,
  }
}

function readRecordedTime(db: Db): RecordedTime | null {
  const row = db.select().from(meta).where(eq(meta.name, RECORDED_TIME)).get()
  return row === undefined ? null : JSON.parse(row.value)
}

function deleteExpired(db: Db, nowMs: number, max: number): number {
  let deleted = 0
  for (const [table, column, keptMs] of expirations) {
    const [name, time] = [sql.identifier(table), sql.identifier(column)]
    const old = sql`SELECT rowid FROM ${name} WHERE ${time} <= ${nowMs - keptMs} LIMIT ${max - deleted}`
    deleted += db.all(sql`DELETE FROM ${name} WHERE rowid IN (${old}) RETURNING 1`).length
  }
  return deleted
}

/** Deletes revoked edges, which are few, once none of them can still answer. */
function deleteRevokedEdges(db: Db, nowMs: number): void {
  db.run(sql`
    DELETE FROM edges
    WHERE revoked_at_ms IS NOT NULL
      AND max(revoked_at_ms, coalesce(last_polled_at_ms, 0)) + stale_ms + ${REVOKED_EDGE_KEPT_MS} <= ${nowMs}`)
}

/** Deletes the deliveries of deleted endpoints a few at a time: there may be a million. */
function deleteEndpoints(db: Db, max: number): number {
  const left = sql`
    SELECT deliveries.position FROM endpoints JOIN deliveries ON endpoint_id = endpoints.id
    WHERE state = 'deleted' LIMIT ${max}`
  const rows = db.all(sql`DELETE FROM deliveries WHERE position IN (${left}) RETURNING 1`)
  db.run(sql`
    DELETE FROM endpoints WHERE state = 'deleted'
      AND NOT EXISTS (SELECT 1 FROM deliveries WHERE endpoint_id = endpoints.id)`)
  return rows.length
}
