import type { Database } from 'bun:sqlite'
import { LRUCache } from 'lru-cache'
import {
  addInto,
  bucketOf,
  countInto,
  type Rollup,
  type Rollups,
  type Sighting,
  type ValidationRecord,
} from '~/domain/usage.ts'
import { addSighting, addUse, type HistoryRecords, type Tally } from '../recorder.ts'

const LICENSES_KNOWN_MAX = 100_000

/** What the recorder hands over to be written at once. */
export interface HistoryGroup {
  readonly number: number
  /** JSON of HistoryRecords each. */
  readonly entries: readonly string[]
  /** What was counted besides. */
  readonly rollups: readonly Rollup[]
  readonly tallies: readonly (readonly [licenseId: string, tally: Tally])[]
}

/** Writes groups, each all or not at all. Answers what of one is kept singly. */
export function createGroupWriter(db: Database, numbers: LicenseNumbers) {
  const { insertFirst, insertNext, addCount, addUses, see, setNumber } = prepareWrites(db)

  function insertSingle(single: ValidationRecord): void {
    const { atMs, error, domain, fingerprint, country, address, version } = single
    const license = numbers.give(single.licenseId)
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
  const write = db.transaction((group: HistoryGroup): readonly ValidationRecord[] => {
    const records = group.entries.map((entry): HistoryRecords => JSON.parse(entry))
    const kept = inOrder(records.flatMap((each) => each.kept))
    const sums = sumUp(group, [...kept, ...records.flatMap((each) => each.counted)])
    for (const { sightings } of records) addSightings(sums.sightings, sightings)
    for (const single of kept) insertSingle(single)
    for (const rollup of sums.rollups.values()) addRollup(rollup)
    for (const [licenseId, { count, lastAtMs }] of sums.tallies) {
      addUses.run(count, lastAtMs, numbers.give(licenseId))
    }
    for (const [activationId, atMs] of sums.sightings) see.run(activationId, atMs)
    setNumber.run(group.number)
    return kept
  })

  function inOrder(kept: readonly ValidationRecord[]): readonly ValidationRecord[] {
    const numbered = kept.map((single) => ({ number: numbers.give(single.licenseId), single }))
    numbered.sort((one, other) => one.number - other.number)
    return numbered.map(({ single }) => single)
  }

  return (group: HistoryGroup): readonly ValidationRecord[] => {
    try {
      return write.immediate(group)
    } catch (error) {
      // The numbers given in it went with the transaction.
      numbers.forget()
      throw error
    }
  }
}

function sumUp({ rollups, tallies }: HistoryGroup, records: readonly ValidationRecord[]) {
  const sums = {
    rollups: new Map() as Rollups,
    tallies: new Map(tallies),
    sightings: new Map<string, number>(),
  }
  for (const rollup of rollups) addInto(sums.rollups, rollup)
  for (const record of records) {
    countInto(sums.rollups, record)
    if (record.error !== null) continue
    addUse(sums.tallies, record)
    addSightings(sums.sightings, [record])
  }
  return sums
}

function addSightings(times: Map<string, number>, sightings: readonly Sighting[]): void {
  for (const { activationIds, atMs } of sightings) {
    for (const id of activationIds) addSighting(times, id, atMs)
  }
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
       ON CONFLICT DO UPDATE SET number = excluded.number`,
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
