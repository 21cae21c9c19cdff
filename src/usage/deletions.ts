import type { Database } from 'bun:sqlite'
import type { FindNumber } from './queries.ts'

/** Prepares the deletion of individual validations, and of the traces of customers in them. */
export function createDeletions(
  db: Database,
  findNumber: FindNumber,
  listDays: () => readonly number[],
) {
  const deleteOldest = db.query(
    `DELETE FROM validations WHERE (day, license, at_ms, nth) IN
       (SELECT day, license, at_ms, nth FROM validations WHERE day < ? ORDER BY 1, 2, 3, 4 LIMIT ?)`,
  )
  const redactDay = db.query(
    `UPDATE validations SET address = NULL, fingerprint = NULL
     WHERE day = ? AND license = ? AND (address IS NOT NULL OR fingerprint IS NOT NULL)`,
  )
  const redactLicense = db.transaction((license: number) =>
    listDays().reduce((count, day) => count + redactDay.run(day, license).changes, 0),
  )

  function redact(licenseId: string): number {
    const license = findNumber(licenseId)
    return license === null ? 0 : redactLicense.immediate(license)
  }

  return {
    /** Deletes up to `max` rows of days before `day`. Returns how many. */
    trim: (day: number, max: number): number => deleteOldest.run(day, max).changes,
    /** Redacts addresses and fingerprints of these licenses. Returns the number of rows. */
    redact: (licenseIds: readonly string[]): number =>
      licenseIds.reduce((sum, id) => sum + redact(id), 0),
  }
}
