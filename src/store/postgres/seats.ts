import type { SeatKey, SeatState } from '~/domain/seats.ts'
import type { Seats } from '../port.ts'
import { AFTER_ALL_IDS, cutPageById } from '../shared/pages.ts'
import type { Engine, Reading } from './engine.ts'
import { selectRow, selectRows } from './rows.ts'
import { seats } from './schema.ts'

export function createSeats(engine: Engine): Seats {
  return {
    list: async (licenseId, nowMs, { limit, after }) => {
      const rows = await selectRows(
        engine,
        seats,
        undefined,
        'WHERE license_id = $1 AND expires_at_ms > $2 AND id < $3 ORDER BY id DESC LIMIT $4',
        [licenseId, nowMs, after ?? AFTER_ALL_IDS, limit + 1],
      )
      return cutPageById(rows, limit)
    },
  }
}

export async function readSeatState(
  reading: Reading,
  licenseId: string,
  key: SeatKey,
  nowMs: number,
): Promise<SeatState> {
  const seat =
    'id' in key
      ? await selectSeat(reading, 'id', licenseId, key.id)
      : await selectSeat(reading, 'fingerprint', licenseId, key.fingerprint)
  // Renewals are frequent, and need no count of the other seats.
  const isInUse = seat !== null && nowMs < seat.expiresAtMs
  return { seat, othersInUse: isInUse ? null : await countInUse(reading, licenseId, nowMs) }
}

const selectSeat = (
  reading: Reading,
  column: 'id' | 'fingerprint',
  licenseId: string,
  value: string,
) =>
  selectRow(reading, seats, undefined, `WHERE license_id = $1 AND ${column} = $2`, [
    licenseId,
    value,
  ])

async function countInUse({ client }: Reading, licenseId: string, nowMs: number): Promise<number> {
  const [row] = await client.unsafe<{ total: number }[]>(
    'SELECT count(*)::int AS total FROM seats WHERE license_id = $1 AND expires_at_ms > $2',
    [licenseId, nowMs],
  )
  return row?.total ?? 0
}
