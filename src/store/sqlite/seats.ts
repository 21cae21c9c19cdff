import { and, count, desc, eq, gt, lt, ne, sql } from 'drizzle-orm'
import type { SeatProbe, SeatStanding } from '~/domain/seats.ts'
import type { Store } from '../port.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { seats } from './schema.ts'

export interface SeatReads {
  readSeatStanding(licenseId: string, probe: SeatProbe): SeatStanding
}

export function createSeatReads(db: Db): SeatReads {
  const inUse = db
    .select({ total: count() })
    .from(seats)
    .where(
      and(
        eq(seats.licenseId, sql.placeholder('licenseId')),
        gt(seats.expiresAtMs, sql.placeholder('nowMs')),
        ne(seats.id, sql.placeholder('exceptId')),
      ),
    )
    .prepare()

  function readSeatStanding(licenseId: string, probe: SeatProbe): SeatStanding {
    const probed = 'id' in probe ? eq(seats.id, probe.id) : eq(seats.fingerprint, probe.fingerprint)
    const isProbed = and(eq(seats.licenseId, licenseId), probed)
    const seat = db.select().from(seats).where(isProbed).get() ?? null
    const { nowMs } = probe
    const others = inUse.get({ licenseId, nowMs, exceptId: seat?.id ?? '' })
    return { seat, othersInUse: others?.total ?? 0 }
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
