import type { Database } from 'bun:sqlite'
import { LRUCache } from 'lru-cache'
import {
  addToRollups,
  getBucket,
  type Rollup,
  type Rollups,
  type ValidationRecord,
} from '~/domain/usage.ts'

const LICENSES_KNOWN_MAX = 100_000
/** Refused validations that are kept singly, per license and minute. The rest are only counted. */
const REFUSED_PER_MINUTE_MAX = 60
const MINUTE_MS = 60_000

/**
 * Returns a function that writes a batch, all or nothing, and returns the validations that are kept
 * singly. It skips a number that was written before. Each chunk is a JSON array of records.
 */
export function createWriteBatch(db: Database, numbers: LicenseNumbers) {
  const { setBatch, insertFirst, insertNext, addRollup, addCounters } = prepareStatements(db)
  let isKept = createKeptTest()

  function insertSingle(record: ValidationRecord, license: number): void {
    const { atMs, error, domain, fingerprint, country, address, version } = record
    const day = getBucket(atMs, 'day')
    const row = [day, license, atMs, error, domain, fingerprint, country, address, version]
    // Two in one ms are rare, so trying costs less than asking first.
    if (insertFirst.run(...row).changes === 0) insertNext.run(...row)
  }

  function insertRollup(rollup: Rollup): void {
    const { interval, bucket, licenseId, dimension, name, valid, refused } = rollup
    const license = licenseId === null ? 0 : numbers.findOrCreate(licenseId)
    addRollup.run(interval, bucket, license, dimension, name, valid, refused)
  }

  const write = db.transaction((number: number, chunks: readonly string[]) => {
    if (setBatch.run(number).changes === 0) return []
    const records = chunks.flatMap((chunk): ValidationRecord[] => JSON.parse(chunk))
    const kept = records.filter(isKept)
    // In the order of the table, so that each page is changed once.
    const rows = kept.map((record) => [numbers.findOrCreate(record.licenseId), record] as const)
    for (const [license, record] of rows.sort(([one], [other]) => one - other)) {
      insertSingle(record, license)
    }
    const { rollups, counters } = aggregate(records)
    for (const rollup of rollups) insertRollup(rollup)
    for (const [licenseId, { count, lastAtMs }] of counters) {
      addCounters.run(count, lastAtMs, numbers.findOrCreate(licenseId))
    }
    return kept
  })

  return (number: number, chunks: readonly string[]): readonly ValidationRecord[] => {
    try {
      return write.immediate(number, chunks)
    } catch (error) {
      // Both remember what was rolled back.
      numbers.forget()
      isKept = createKeptTest()
      throw error
    }
  }
}

function aggregate(records: readonly ValidationRecord[]) {
  const rollups: Rollups = new Map()
  const counters = new Map<string, { count: number; lastAtMs: number }>()
  for (const record of records) {
    addToRollups(rollups, record)
    if (record.error !== null) continue
    const { count, lastAtMs } = counters.get(record.licenseId) ?? { count: 0, lastAtMs: 0 }
    counters.set(record.licenseId, {
      count: count + 1,
      lastAtMs: Math.max(lastAtMs, record.atMs),
    })
  }
  return { rollups: rollups.values(), counters }
}

/** Returns a function that accepts each valid validation, and of refused ones as many as are kept. */
function createKeptTest(): (record: ValidationRecord) => boolean {
  const refusals = new Map<string, number>()
  let minute = 0
  return ({ licenseId, error, atMs }) => {
    if (error === null) return true
    const current = Math.floor(atMs / MINUTE_MS)
    if (current !== minute) refusals.clear()
    minute = current
    const count = (refusals.get(licenseId) ?? 0) + 1
    refusals.set(licenseId, count)
    return count <= REFUSED_PER_MINUTE_MAX
  }
}

function prepareStatements(db: Database) {
  const insertAs = (nth: string) =>
    db.query(
      `INSERT INTO validations
         (day, license, at_ms, nth, error, domain, fingerprint, country, address, version)
       VALUES (?1, ?2, ?3, ${nth}, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING`,
    )
  return {
    setBatch: db.query(
      `INSERT INTO batches (id, number) VALUES (0, ?)
       ON CONFLICT DO UPDATE SET number = excluded.number WHERE number < excluded.number`,
    ),
    insertFirst: insertAs('0'),
    insertNext: insertAs(
      '(SELECT max(nth) + 1 FROM validations WHERE day = ?1 AND license = ?2 AND at_ms = ?3)',
    ),
    addRollup: db.query(
      `INSERT INTO rollups (interval, bucket, license, dimension, name, valid, refused)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET valid = valid + excluded.valid, refused = refused + excluded.refused`,
    ),
    addCounters: db.query(
      `UPDATE licenses SET validation_count = validation_count + ?,
         last_validated_at_ms = max(last_validated_at_ms, ?) WHERE position = ?`,
    ),
  }
}

export type LicenseNumbers = ReturnType<typeof createLicenseNumbers>

/** Finds the short numbers that stand for licenses in the file. `forget` empties the cache. */
export function createLicenseNumbers(db: Database) {
  const known = new LRUCache<string, number>({ max: LICENSES_KNOWN_MAX })
  const select = db.query<{ position: number }, [string]>(
    'SELECT position FROM licenses WHERE id = ?',
  )
  const insert = db.query('INSERT INTO licenses (id) VALUES (?)')

  function find(licenseId: string): number | null {
    const number = known.get(licenseId) ?? select.get(licenseId)?.position
    if (number === undefined) return null
    known.set(licenseId, number)
    return number
  }

  return {
    find,
    findOrCreate: (licenseId: string) =>
      find(licenseId) ?? Number(insert.run(licenseId).lastInsertRowid),
    forget: () => known.clear(),
  }
}
