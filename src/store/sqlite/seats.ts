import { and, count, desc, eq, gt, lt, sql } from 'drizzle-orm'
import type { SeatKey, SeatState } from '~/domain/seats.ts'
import type { Seats } from '../port.ts'
import { cutPageById } from '../shared/pages.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { equals } from './parameters.ts'
import { seats } from './schema.ts'

export function prepareSeats(db: Db) {
  const select = () => db.select().from(seats)
  const isOfLicense = equals(seats.licenseId, 'licenseId')
  const hasId = equals(seats.id, 'id')
  const hasFingerprint = equals(seats.fingerprint, 'fingerprint')
  const isInUse = gt(seats.expiresAtMs, sql.placeholder('nowMs'))
  return {
    byId: select().where(and(isOfLicense, hasId)).prepare(),
    byFingerprint: select().where(and(isOfLicense, hasFingerprint)).prepare(),
    inUse: db.select({ total: count() }).from(seats).where(and(isOfLicense, isInUse)).prepare(),
  }
}

export function createSeats({ committed: { db } }: Engine): Seats {
  return {
    list: async (licenseId, nowMs, { limit, after }) => {
      const isInUse = and(eq(seats.licenseId, licenseId), gt(seats.expiresAtMs, nowMs))
      const rows = db
        .select()
        .from(seats)
        .where(and(isInUse, after === null ? undefined : lt(seats.id, after)))
        .orderBy(desc(seats.id))
        .limit(limit + 1)
        .all()
      return cutPageById(rows, limit)
    },
  }
}

export function readSeatState(
  { statements }: Reading,
  licenseId: string,
  key: SeatKey,
  nowMs: number,
): SeatState {
  const { byId, byFingerprint, inUse } = statements.seats
  const isById = 'id' in key
  const row = isById ? byId.get({ licenseId, ...key }) : byFingerprint.get({ licenseId, ...key })
  const seat = row ?? null
  // Renewals are frequent, and need no count of the other seats.
  const isInUse = seat !== null && nowMs < seat.expiresAtMs
  return { seat, othersInUse: isInUse ? null : (inUse.get({ licenseId, nowMs })?.total ?? 0) }
}
