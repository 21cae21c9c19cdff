import type { Database } from 'bun:sqlite'
import { LRUCache } from 'lru-cache'
import { addInto, bucketOf, type Rollup, type ValidationRecord } from '~/domain/usage.ts'
import { addSightings, type HistoryRecords, type Sums, sumUp, type Tally } from '../recorder.ts'

const LICENSES_KNOWN_MAX = 100_000

/** What the recorder hands over to be written at once. */
export interface SentBatch {
  readonly number: number
  /** JSON of HistoryRecords each. */
  readonly entries: readonly string[]
  /** What found no room there. */
  readonly rollups: readonly Rollup[]
  readonly tallies: readonly (readonly [licenseId: string, tally: Tally])[]
  readonly sightings: readonly (readonly [activationId: string, atMs: number])[]
}

/**
 * Writes batches, each all or not at all, and none twice: a number that was written is passed over.
 * Answers what of a batch is kept singly.
 */
export function createBatchWriter(db: Database, numbers: LicenseNumbers) {
  const { insertFirst, insertNext, addCount, addUses, see, setNumber } = prepareWrites(db)

  function insertSingle(single: ValidationRecord, license: number): void {
    const { atMs, error, domain, fingerprint, country, address, version } = single
    const day = bucketOf(atMs, 'day')
    const row = [day, license, atMs, error, domain, fingerprint, country, address, version]
    // Two in one ms are rare, so trying costs less than asking first.
    if (insertFirst.run(...row).changes === 0) insertNext.run(...row)
  }

  function addRollup(rollup: Rollup): void {
    const { interval, bucket, licenseId, dimension, name, valid, refused } = rollup
    const license = licenseId === null ? 0 : numbers.give(licenseId)
    addCount.run(interval, bucket, license, dimension, name, valid, refused)
  }

  /** In the order of the tables, so that each page is met once by all that goes there. */
  const write = db.transaction((batch: SentBatch): readonly ValidationRecord[] => {
    if (setNumber.run(batch.number).changes === 0) return []
    const records = batch.entries.map((entry): HistoryRecords => JSON.parse(entry))
    const kept = inOrder(records.flatMap((each) => each.kept))
    const sums = sumsOf(batch)
    for (const { single, license } of kept) {
      insertSingle(single, license)
      sumUp(sums, single)
    }
    for (const { counted, sightings } of records) {
      for (const validation of counted) sumUp(sums, validation)
      for (const sighting of sightings) addSightings(sums.sightings, sighting)
    }
    for (const rollup of sums.rollups.values()) addRollup(rollup)
    for (const [licenseId, { count, lastAtMs }] of sums.tallies) {
      addUses.run(count, lastAtMs, numbers.give(licenseId))
    }
    for (const [activationId, atMs] of sums.sightings) see.run(activationId, atMs)
    return kept.map(({ single }) => single)
  })

  function inOrder(kept: readonly ValidationRecord[]) {
    const numbered = kept.map((single) => ({ license: numbers.give(single.licenseId), single }))
    return numbered.sort((one, other) => one.license - other.license)
  }

  return (batch: SentBatch): readonly ValidationRecord[] => {
    try {
      return write.immediate(batch)
    } catch (error) {
      // The numbers given in it went with the transaction.
      numbers.forget()
      throw error
    }
  }
}

function sumsOf({ rollups, tallies, sightings }: SentBatch): Sums {
  const sums: Sums = {
    rollups: new Map(),
    tallies: new Map(tallies),
    sightings: new Map(sightings),
  }
  for (const rollup of rollups) addInto(sums.rollups, rollup)
  return sums
}

function prepareWrites(db: Database) {
  const insertAs = (nth: string) =>
    db.query(
      `INSERT INTO validations
         (day, license, at_ms, nth, error, domain, fingerprint, country, address, version)
       VALUES (?1, ?2, ?3, ${nth}, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING`,
    )
  return {
    insertFirst: insertAs('0'),
    insertNext: insertAs(
      '(SELECT max(nth) + 1 FROM validations WHERE day = ?1 AND license = ?2 AND at_ms = ?3)',
    ),
    addCount: db.query(
      `INSERT INTO rollups (interval, bucket, license, dimension, name, valid, refused)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET valid = valid + excluded.valid, refused = refused + excluded.refused`,
    ),
    addUses: db.query(
      `UPDATE licenses SET validation_count = validation_count + ?,
         last_validated_at_ms = max(last_validated_at_ms, ?) WHERE position = ?`,
    ),
    see: db.query(
      `INSERT INTO sightings (activation_id, at_ms) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)`,
    ),
    setNumber: db.query(
      `INSERT INTO groups (id, number) VALUES (0, ?)
       ON CONFLICT DO UPDATE SET number = excluded.number WHERE number < excluded.number`,
    ),
  }
}

/** The short numbers of licenses. */
export interface LicenseNumbers {
  find(licenseId: string): number | null
  /** Makes one where there is none. */
  give(licenseId: string): number
  /** Drops what is in memory. */
  forget(): void
}

export function createLicenseNumbers(db: Database): LicenseNumbers {
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

  function give(licenseId: string): number {
    return find(licenseId) ?? Number(insert.run(licenseId).lastInsertRowid)
  }

  return { find, give, forget: () => known.clear() }
}
