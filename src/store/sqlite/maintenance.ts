import { eq, sql } from 'drizzle-orm'
import { PORTAL_CODE_MS } from '~/domain/portal-codes.ts'
import { PORTAL_SESSION_MS } from '~/domain/portal-sessions.ts'
import { SESSION_IDLE_MS, SESSION_MAX_MS, SETUP_LINK_MS } from '~/domain/sessions.ts'
import { DEACTIVATION_WINDOW_MS } from '~/domain/slots.ts'
import { DAY_MS } from '~/domain/times.ts'
import type { RecordedTime } from '~/domain/trusted-time.ts'
import type { Maintenance } from '../maintenance-port.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { meta } from './schema.ts'
import { createCorrectTimes } from './time-corrections.ts'

/** An expired seat can be renewed for this long, while one is free. */
const EXPIRED_SEAT_KEPT_MS = 7 * DAY_MS

/** An expired license file is listed for this long. */
const EXPIRED_FILE_KEPT_MS = 30 * DAY_MS

/** A payment may take days, and the thank-you page is open for an hour after it. */
const CHECKOUT_SESSION_KEPT_MS = 30 * DAY_MS

/** Longer than any lease, and than what the clocks of an edge can differ. */
const REVOKED_EDGE_KEPT_MS = DAY_MS

/** The name in table `meta` of the time that the last process recorded. */
const RECORDED_TIME = 'recorded_time'

export function createMaintenance(engine: Engine): Maintenance {
  const { db, transact } = engine
  return {
    cleanUp: (nowMs, max) =>
      transact(() => {
        const deleted = deleteExpired(db, nowMs, max)
        deleteRevokedEdges(db, nowMs)
        return deleted + deleteEndpoints(db, max - deleted)
      }),
    correctTimes: createCorrectTimes(engine),
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
    truncateLog: async () => {
      // Emptied, because an erasure during a read may have left its data in the log.
      db.run(sql`PRAGMA wal_checkpoint(TRUNCATE)`)
    },
  }
}

function readRecordedTime(db: Db): RecordedTime | null {
  const row = db.select().from(meta).where(eq(meta.name, RECORDED_TIME)).get()
  return row === undefined ? null : JSON.parse(row.value)
}

function deleteExpired(db: Db, nowMs: number, max: number): number {
  const expirations = [
    ['stored_responses', 'expires_at_ms', nowMs],
    ['former_keys', 'valid_until_ms', nowMs],
    ['seats', 'expires_at_ms', nowMs - EXPIRED_SEAT_KEPT_MS],
    ['deactivations', 'at_ms', nowMs - DEACTIVATION_WINDOW_MS],
    ['checkout_sessions', 'created_at_ms', nowMs - CHECKOUT_SESSION_KEPT_MS],
    ['revocations', 'kept_until_ms', nowMs],
    ['license_files', 'expires_at_ms', nowMs - EXPIRED_FILE_KEPT_MS],
    ['sessions', 'created_at_ms', nowMs - SESSION_MAX_MS],
    ['sessions', 'last_seen_at_ms', nowMs - SESSION_IDLE_MS],
    ['setup_links', 'created_at_ms', nowMs - SETUP_LINK_MS],
    ['portal_sessions', 'created_at_ms', nowMs - PORTAL_SESSION_MS],
    ['portal_codes', 'created_at_ms', nowMs - PORTAL_CODE_MS],
  ] as const
  let deleted = 0
  for (const [table, column, beforeMs] of expirations) {
    const [name, time] = [sql.identifier(table), sql.identifier(column)]
    const old = sql`SELECT rowid FROM ${name} WHERE ${time} <= ${beforeMs} LIMIT ${max - deleted}`
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
