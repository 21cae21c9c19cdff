import { and, count, desc, eq, gt, lt, sql } from 'drizzle-orm'
import type { SeatKey, SeatState } from '~/domain/seats.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import { seats } from './schema.ts'

export interface SeatReads {
  readSeatState(licenseId: string, key: SeatKey, nowMs: number): SeatState
}

export function createSeatReads(db: Db): SeatReads {
  const isOfLicense = eq(seats.licenseId, sql.placeholder('licenseId'))
  const byId = db
    .select()
    .from(seats)
    .where(and(isOfLicense, eq(seats.id, sql.placeholder('id'))))
    .prepare()
  const byFingerprint = db
    .select()
    .from(seats)
    .where(and(isOfLicense, eq(seats.fingerprint, sql.placeholder('fingerprint'))))
    .prepare()
  const inUse = db
    .select({ total: count() })
    .from(seats)
    .where(and(isOfLicense, gt(seats.expiresAtMs, sql.placeholder('nowMs'))))
    .prepare()

  function readSeatState(licenseId: string, key: SeatKey, nowMs: number): SeatState {
    const row =
      'id' in key
        ? byId.get({ licenseId, id: key.id })
        : byFingerprint.get({ licenseId, fingerprint: key.fingerprint })
    const seat = row ?? null
    // Heartbeats come often, and need no count of however many seats there are.
    const isHeld = seat !== null && nowMs < seat.expiresAtMs
    return { seat, othersInUse: isHeld ? null : (inUse.get({ licenseId, nowMs })?.total ?? 0) }
  }

  return { readSeatState }
}

export function seatMethods({ db }: Engine): Pick<FlatStore, 'listSeats'> {
  return {
    listSeats: async (licenseId, nowMs, { limit, after }) => {
      const rows = db
        .select()
        .from(seats)
        .where(
          and(
            eq(seats.licenseId, licenseId),
            gt(seats.expiresAtMs, nowMs),
            after === null ? undefined : lt(seats.id, after),
          ),
        )
        .orderBy(desc(seats.id))
        .limit(limit + 1)
        .all()
      const data = rows.slice(0, limit)
      return { data, nextAfter: rows.length > limit ? (data.at(-1)?.id ?? null) : null }
    },
  }
}
