import { formatArray, type Pool } from '~/platform/postgres.ts'
import type { Usage } from '../port.ts'
import { query, runAlone, transact } from './calls.ts'
import type { Erasures } from './erasures.ts'
import type { LicenseNumbers } from './license-numbers.ts'

export interface ErasingParts {
  readonly pool: Pool
  readonly numbers: LicenseNumbers
  readonly erasures: Erasures
  readonly flush: () => Promise<void>
}

/** Returns the `erase` of the port. Calls `forget` before rows change that are known in memory. */
export function createErasing(
  { pool, numbers, erasures, flush }: ErasingParts,
  forget: (licenseIds: readonly string[]) => void,
): Usage['erase'] {
  return async (licenseIds, nowMs) => {
    await flush()
    if (licenseIds.length === 0) return 0
    // From now on, every batch redacts its validations from before. Earlier ones are committed.
    const remember = await runAlone(pool, (connection) =>
      erasures.record(connection, licenseIds, nowMs),
    )
    remember()
    forget(licenseIds)
    const found = await Promise.all(licenseIds.map(numbers.find))
    return redact(
      pool,
      found.filter((number) => number !== null),
    )
  }
}

/** Redacts the rows of licenses day by day, because each day has its own partition and index. */
async function redact(pool: Pool, licenses: readonly number[]): Promise<number> {
  const days = await query<{ day: number }>(pool, 'SELECT day FROM usage_days ORDER BY day')
  let redacted = 0
  for (const { day } of days) {
    redacted += await transact(pool, async (connection) => {
      const { count } = await connection.unsafe(
        `UPDATE usage_validations SET address = NULL, fingerprint = NULL
         WHERE day = $1::text::integer AND license = ANY($2::text::bigint[])
           AND (address IS NOT NULL OR fingerprint IS NOT NULL)`,
        [`${day}`, formatArray(licenses.map(String))],
      )
      return count ?? 0
    })
  }
  return redacted
}
