import { sql } from 'drizzle-orm'
import { DEACTIVATION_WINDOW_MS } from '~/domain/slots.ts'
import { DAY_MS } from '~/domain/times.ts'
import type { Maintenance } from '../port.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'

/** An expired seat can be renewed for this long, while one is free. */
const EXPIRED_SEAT_KEPT_MS = 7 * DAY_MS

export function createMaintenance({ db, transact }: Engine): Maintenance {
  return {
    cleanUp: (nowMs, max) =>
      transact(() => {
        const deleted = deleteExpired(db, nowMs, max)
        return deleted + deleteEndpoints(db, max - deleted)
      }),
    optimize: async () => {
      await transact(() => db.run(sql`PRAGMA optimize`))
      // Emptied, because an erasure during a read may have left its data in the log.
      db.run(sql`PRAGMA wal_checkpoint(TRUNCATE)`)
    },
  }
}

function deleteExpired(db: Db, nowMs: number, max: number): number {
  const expirations = [
    ['stored_responses', 'expires_at_ms', nowMs],
    ['former_keys', 'valid_until_ms', nowMs],
    ['seats', 'expires_at_ms', nowMs - EXPIRED_SEAT_KEPT_MS],
    ['deactivations', 'at_ms', nowMs - DEACTIVATION_WINDOW_MS],
  ] as const
  let deleted = 0
  for (const [table, column, beforeMs] of expirations) {
    const [name, time] = [sql.identifier(table), sql.identifier(column)]
    const old = sql`SELECT rowid FROM ${name} WHERE ${time} <= ${beforeMs} LIMIT ${max - deleted}`
    deleted += db.all(sql`DELETE FROM ${name} WHERE rowid IN (${old}) RETURNING 1`).length
  }
  return deleted
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
