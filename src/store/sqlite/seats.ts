import { and, count, desc, eq, gt, lt, sql } from 'drizzle-orm'
import type { SeatProbe, SeatStanding } from '~/domain/seats.ts'
import type { Store } from '../port.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { seats } from './schema.ts'

export interface SeatReads {
  readSeatStanding(licenseId: string, probe: SeatProbe): SeatStanding
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

  function readSeatStanding(licenseId: string, probe: SeatProbe): SeatStanding {
    const { nowMs } = probe
    const row =
      'id' in probe
        ? byId.get({ licenseId, id: probe.id })
        : byFingerprint.get({ licenseId, fingerprint: probe.fingerprint })
    const seat = row ?? null
    // Heartbeats come often, and need no count of however many seats there are.
    const isHeld = seat !== null && nowMs < seat.expiresAtMs
    return { seat, othersInUse: isHeld ? null : (inUse.get({ licenseId, nowMs })?.total ?? 0) }
  }

  return { readSeatStanding }
}

export function seatMethods({ db }: Engine): Pick<Store, 'listSeats'> {
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
