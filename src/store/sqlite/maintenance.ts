import { sql } from 'drizzle-orm'
import { DEACTIVATION_WINDOW_MS } from '~/domain/slots.ts'
import { DAY_MS } from '~/domain/times.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'

/** A lapsed seat can be renewed for so long, while one is free. */
const LAPSED_SEAT_KEPT_MS = 7 * DAY_MS

type MaintenanceMethods = Pick<FlatStore, 'cleanUp' | 'maintain'>

export function maintenanceMethods({ db, transact }: Engine): MaintenanceMethods {
  return {
    cleanUp: (nowMs, max) =>
      transact(() => {
        const sweeps = [
          ['kept_answers', 'expires_at_ms', nowMs],
          ['former_keys', 'valid_until_ms', nowMs],
          ['seats', 'expires_at_ms', nowMs - LAPSED_SEAT_KEPT_MS],
          ['deactivations', 'at_ms', nowMs - DEACTIVATION_WINDOW_MS],
        ] as const
        let removed = 0
        for (const [table, column, beforeMs] of sweeps) {
          const [name, time] = [sql.identifier(table), sql.identifier(column)]
          const old = sql`SELECT rowid FROM ${name} WHERE ${time} <= ${beforeMs} LIMIT ${max - removed}`
          const rows = db.all(sql`DELETE FROM ${name} WHERE rowid IN (${old}) RETURNING 1`)
          removed += rows.length
        }
        return removed + removeDeletedEndpoints(db, max - removed)
      }),
    maintain: async () => {
      await transact(() => db.run(sql`PRAGMA optimize`))
      // Emptied, since an erasure may have met a reader and left in the log what it erased.
      db.run(sql`PRAGMA wal_checkpoint(TRUNCATE)`)
    },
  }
}

/** Deliveries go a few at a time, since a busy endpoint may have left a million. */
function removeDeletedEndpoints(db: Db, max: number): number {
  const left = sql`
    SELECT deliveries.position FROM endpoints JOIN deliveries ON endpoint_id = endpoints.id
    WHERE state = 'deleted' LIMIT ${max}`
  const rows = db.all(sql`DELETE FROM deliveries WHERE position IN (${left}) RETURNING 1`)
  db.run(sql`
    DELETE FROM endpoints WHERE state = 'deleted'
      AND NOT EXISTS (SELECT 1 FROM deliveries WHERE endpoint_id = endpoints.id)`)
  return rows.length
}
