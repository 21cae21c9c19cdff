import { createClockMap, type Used } from '~/clock-map.ts'
import { formatArray, type Pool } from '~/platform/postgres.ts'
import { query } from './calls.ts'

/** Licenses whose numbers are remembered. */
const NUMBERS_MAX = 100_000

export type LicenseNumbers = ReturnType<typeof createLicenseNumbers>

/** Finds the short numbers that stand for licenses, which never change. */
export function createLicenseNumbers(pool: Pool) {
  const known = createClockMap<string, Used & { readonly number: number }>(NUMBERS_MAX)

  /** Reads the numbers of those that have one, and adds them. */
  async function read(licenseIds: readonly string[], numbers: Map<string, number>): Promise<void> {
    const rows = await query<{ id: string; number: number }>(
      pool,
      // With `= ANY`, a plan without an index would parse the array again for each row.
      `SELECT id, position::float8 AS number FROM usage_licenses
       WHERE id IN (SELECT unnest($1::text::text[]))`,
      [formatArray(licenseIds)],
    )
    for (const { id, number } of rows) {
      numbers.set(id, number)
      known.set(id, { number, isUsed: false })
    }
  }

  return {
    /** Returns the number of a license; null if it has never been validated. */
    find: async (licenseId: string): Promise<number | null> => {
      const numbers = new Map<string, number>()
      const found = known.get(licenseId)?.number
      if (found !== undefined) return found
      await read([licenseId], numbers)
      return numbers.get(licenseId) ?? null
    },
    /** Returns the numbers of all these licenses, and creates those that are missing. */
    findOrCreate: async (licenseIds: Iterable<string>): Promise<ReadonlyMap<string, number>> => {
      const numbers = new Map<string, number>()
      for (const id of licenseIds) numbers.set(id, known.get(id)?.number ?? 0)
      const listMissing = () => [...numbers].filter(([, number]) => number === 0).map(([id]) => id)
      if (listMissing().length > 0) await read(listMissing(), numbers)
      const created = listMissing()
      if (created.length === 0) return numbers
      // In order, so that two nodes never wait for each other.
      await query(
        pool,
        `INSERT INTO usage_licenses (id) SELECT id FROM unnest($1::text::text[]) AS id ORDER BY id
         ON CONFLICT (id) DO NOTHING`,
        [formatArray(created)],
      )
      await read(created, numbers)
      return numbers
    },
  }
}
