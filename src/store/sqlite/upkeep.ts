import { and, asc, isNotNull, isNull, lte, sql } from 'drizzle-orm'
import { EXPIRING_NOTICE_MS } from '~/domain/expiry.ts'
import { DEACTIVATION_WINDOW_MS } from '~/domain/slots.ts'
import { DAY_MS } from '~/domain/times.ts'
import type { Store } from '../port.ts'
import type { Engine } from './engine.ts'
import { licenses } from './schema.ts'

/** A lapsed seat can be renewed for so long, while one is free. */
const LAPSED_SEAT_KEPT_MS = 7 * DAY_MS

type UpkeepMethods = Pick<Store, 'findLicensesToTell' | 'cleanUp' | 'maintain'>

export function upkeepMethods({ db, transact }: Engine): UpkeepMethods {
  return {
    findLicensesToTell: async (of, nowMs, max) => {
      const { endsAtMs, expiresAtMs, expiredToldAtMs, expiringToldAtMs } = licenses
      const [due, told, beforeMs] =
        of === 'expired'
          ? [endsAtMs, expiredToldAtMs, nowMs]
          : [expiresAtMs, expiringToldAtMs, nowMs + EXPIRING_NOTICE_MS]
      const isLive = and(isNull(licenses.suspendedAtMs), isNull(licenses.revokedAtMs))
      const rows = db
        .select({ id: licenses.id })
        .from(licenses)
        .where(and(isNull(told), isLive, isNotNull(due), lte(due, beforeMs)))
        .orderBy(asc(due))
        .limit(max)
        .all()
      return rows.map(({ id }) => id)
    },
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
        return removed
      }),
    maintain: async () => {
      db.run(sql`PRAGMA optimize`)
      db.run(sql`PRAGMA wal_checkpoint(PASSIVE)`)
    },
  }
}
