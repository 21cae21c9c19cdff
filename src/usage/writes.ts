import type { Database } from 'bun:sqlite'
import { OVERTAKING_MAX_MS, pickLatest } from '~/domain/times.ts'
import type { Rollup, Rollups, ValidationRecord } from '~/domain/usage.ts'
import { addToRollups, getBucket } from '~/domain/usage.ts'
import type { FindNumber } from './queries.ts'

/** Refused validations that are stored individually, per license per minute. The rest are only counted. */
const REFUSED_PER_MINUTE_MAX = 60
const MINUTE_MS = 60_000

type Statements = ReturnType<typeof prepareStatements>
type NumberOf = (licenseId: string) => number

/**
 * Returns a function that writes a batch, all or nothing, and returns the validations that are stored
 * individually. It skips a number that was written before. Each chunk is a JSON array of records.
 */
export function createWriteBatch(db: Database, findNumber: FindNumber) {
  const statements = prepareStatements(db)
  let isKept = createKeptTest()

  const write = db.transaction((number: number, chunks: readonly string[]) => {
    if (statements.setBatch.run(number).changes === 0) return []
    const records = chunks.flatMap((chunk): ValidationRecord[] => JSON.parse(chunk))
    const kept = records.filter(isKept)
    const numberOf = createNumberOf(statements, findNumber)
    insertSingles(statements, kept, numberOf)
    addCounts(statements, records, numberOf)
    return kept
  })

  return (number: number, chunks: readonly string[]): readonly ValidationRecord[] => {
    try {
      return write.immediate(number, chunks)
    } catch (error) {
      // It has counted refusals that were rolled back.
      isKept = createKeptTest()
      throw error
    }
  }
}

/** Returns a function that accepts each valid validation, and the first refused ones of each minute. */
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

/** Finds the numbers of licenses during one batch, and creates those that are missing. */
function createNumberOf({ addLicense }: Statements, findNumber: FindNumber): NumberOf {
  const known = new Map<string, number>()
  return (licenseId) => {
    const number =
      known.get(licenseId) ??
      findNumber(licenseId) ??
      Number(addLicense.run(licenseId).lastInsertRowid)
    known.set(licenseId, number)
    return number
  }
}

/** Inserts in the order of the table, so that each page is changed once. */
function insertSingles(
  { insertFirst, insertNext }: Statements,
  records: readonly ValidationRecord[],
  numberOf: NumberOf,
): void {
  const numbered = records.map((record) => [numberOf(record.licenseId), record] as const)
  for (const [license, record] of numbered.sort(([one], [other]) => one - other)) {
    const { atMs, error, domain, fingerprint, country, address, version } = record
    const day = getBucket(atMs, 'day')
    const row = [day, license, atMs, error, domain, fingerprint, country, address, version]
    // Two in one ms are rare, so trying costs less than asking first.
    if (insertFirst.run(...row).changes === 0) insertNext.run(...row)
  }
}

function addCounts(
  { addRollup, addCounters }: Statements,
  records: readonly ValidationRecord[],
  numberOf: NumberOf,
): void {
  const rollups: Rollups = new Map()
  const counters = new Map<string, { count: number; lastAtMs: number }>()
  for (const record of records) {
    addToRollups(rollups, record)
    if (record.error !== null) continue
    const { count, lastAtMs } = counters.get(record.licenseId) ?? { count: 0, lastAtMs: 0 }
    const latestAtMs = pickLatest(lastAtMs, record.atMs)
    counters.set(record.licenseId, { count: count + 1, lastAtMs: latestAtMs })
  }
  for (const rollup of rollups.values()) {
    const { interval, bucket, licenseId, dimension, name, valid, refused }: Rollup = rollup
    const license = licenseId === null ? 0 : numberOf(licenseId)
    addRollup.run(interval, bucket, license, dimension, name, valid, refused)
  }
  for (const [licenseId, { count, lastAtMs }] of counters) {
    addCounters.run(count, lastAtMs, numberOf(licenseId))
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
    addLicense: db.query('INSERT INTO licenses (id) VALUES (?)'),
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
      `UPDATE licenses SET validation_count = validation_count + ?1,
         last_validated_at_ms =
           iif(last_validated_at_ms > ?2 + ${OVERTAKING_MAX_MS}, ?2, max(last_validated_at_ms, ?2))
       WHERE position = ?3`,
    ),
  }
}
