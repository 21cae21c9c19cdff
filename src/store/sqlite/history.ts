import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { SharingSignals } from '~/domain/sharing.ts'
import {
  addInto,
  bucketOf,
  countInto,
  type Rollup,
  type Rollups,
  type ValidationRecord,
} from '~/domain/usage.ts'
import type { Tally } from '../recorder.ts'
import { databasePath } from './connection.ts'
import { createHistoryReads } from './history-reads.ts'
import { createSharingWatch } from './history-sharing.ts'
import { migrate } from './migrate.ts'
import { historyMigrations } from './migrations.ts'

/** Nobody waits for this connection on the event loop, so it may wait for others itself. */
const BUSY_TIMEOUT_MS = 5000
const CACHE_KIB = 65_536
const MMAP_BYTES = 1_073_741_824
/** Pages that many groups write again and again are copied into the file once. */
const CHECKPOINT_PAGES = 8000
const LICENSES_KNOWN_MAX = 100_000

/** What the recorder hands over to be written at once. */
export interface HistoryGroup {
  readonly number: number
  readonly singles: readonly ValidationRecord[]
  readonly rollups: readonly Rollup[]
  readonly tallies: readonly (readonly [licenseId: string, tally: Tally])[]
  readonly sightings: readonly (readonly [activationId: string, atMs: number])[]
}

export type History = ReturnType<typeof openHistory>

/** Where a data directory keeps its usage history. */
export const historyPath = (directory: string) => join(directory, 'history.sqlite')

/** Makes the file, or brings it up to date. Throws MigrationError as `migrate` does. */
export function migrateHistory(directory: string, backUp: () => void): void {
  using db = new Database(historyPath(directory), { create: true, strict: true })
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  db.run('PRAGMA journal_mode = WAL')
  migrate(db, backUp, historyMigrations)
}

/** A new history takes the counts that the database has from a backup, and counts on from there. */
export function beginHistory(directory: string): void {
  using db = new Database(historyPath(directory), { strict: true })
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  if (db.query('SELECT 1 FROM groups').get() !== null) return
  db.run('ATTACH ? AS base', [databasePath(directory)])
  const begin = db.transaction(() => {
    db.run(`INSERT INTO licenses (id, validation_count, last_validated_at_ms)
      SELECT id, validation_count, last_validated_at_ms FROM base.licenses WHERE validation_count > 0`)
    db.run('INSERT INTO groups (id, number) VALUES (0, 0)')
  })
  begin.immediate()
}

/**
 * The usage history of a data directory, which `migrateHistory` has made. All of it is synchronous:
 * it lives in a Worker, where it may take its time.
 */
export function openHistory(directory: string) {
  const db = new Database(historyPath(directory), { readwrite: true, create: false, strict: true })
  applyPragmas(db)
  const licenseNumbers = createLicenseNumbers(db)
  const reads = createHistoryReads(db, licenseNumbers.find)
  const sharing = createSharingWatch(db, licenseNumbers.find)
  const insert = db.query(
    `INSERT INTO validations
       (day, license, at_ms, nth, error, domain, fingerprint, country, address, version)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const add = db.query(
    `INSERT INTO rollups (interval, bucket, license, dimension, name, valid, refused)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET valid = valid + excluded.valid, refused = refused + excluded.refused`,
  )
  const addUses = db.query(
    `UPDATE licenses SET validation_count = validation_count + ?,
       last_validated_at_ms = max(last_validated_at_ms, ?) WHERE position = ?`,
  )
  const see = db.query(
    `INSERT INTO sightings (activation_id, at_ms) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)`,
  )
  const number = db.query(
    'INSERT INTO groups (id, number) VALUES (0, ?) ON CONFLICT DO UPDATE SET number = excluded.number',
  )
  const deleteOldest = db.query(
    `DELETE FROM validations WHERE (day, license, at_ms, nth) IN
       (SELECT day, license, at_ms, nth FROM validations WHERE day < ? ORDER BY 1, 2, 3, 4 LIMIT ?)`,
  )
  const blank = db.query(
    `UPDATE validations SET address = NULL, fingerprint = NULL
     WHERE day = ? AND license = ? AND (address IS NOT NULL OR fingerprint IS NOT NULL)`,
  )

  function insertSingle(single: ValidationRecord): void {
    const { atMs, error, domain, fingerprint, country, address, version } = single
    const license = licenseNumbers.give(single.licenseId)
    const day = bucketOf(atMs, 'day')
    const kept = [error, domain, fingerprint, country, address, version]
    // Two in one ms are rare, so trying costs less than asking first.
    let nth = 0
    while (insert.run(day, license, atMs, nth, ...kept).changes === 0) nth += 1
  }

  function addRollup(rollup: Rollup): void {
    const { interval, bucket, licenseId, dimension, name, valid, refused } = rollup
    const license = licenseId === null ? 0 : licenseNumbers.give(licenseId)
    add.run(interval, bucket, license, dimension, name, valid, refused)
  }

  const writeRows = db.transaction((group: HistoryGroup) => {
    const counted: Rollups = new Map()
    for (const rollup of group.rollups) addInto(counted, rollup)
    for (const single of group.singles) {
      insertSingle(single)
      countInto(counted, single)
    }
    for (const rollup of counted.values()) addRollup(rollup)
    for (const [licenseId, { count, lastAtMs }] of group.tallies) {
      addUses.run(count, lastAtMs, licenseNumbers.give(licenseId))
    }
    for (const [activationId, atMs] of group.sightings) see.run(activationId, atMs)
    number.run(group.number)
  })

  /** All or nothing. Answers the licenses that passed what their plans watch for. */
  function write(group: HistoryGroup): readonly SharingSignals[] {
    try {
      writeRows.immediate(group)
    } catch (error) {
      // The numbers given in it went with the transaction.
      licenseNumbers.forget()
      throw error
    }
    return sharing.note(group.singles)
  }

  /** Forgets up to `max` single validations of days before `day`. Answers how many. */
  function trim(day: number, max: number): number {
    return deleteOldest.run(day, max).changes
  }

  /** Takes addresses and fingerprints out of the validations of a license. Answers of how many. */
  function erase(licenseId: string): number {
    sharing.forget(licenseId)
    const license = licenseNumbers.find(licenseId)
    if (license === null) return 0
    const days = reads.daysKept()
    const eraseAll = db.transaction(() =>
      days.reduce((erased, day) => erased + blank.run(day, license).changes, 0),
    )
    return eraseAll.immediate()
  }

  return { write, trim, erase, ...reads.queries, close: () => db.close() }
}

function applyPragmas(db: Database): void {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  // Each group is one sync, for which nobody waits.
  db.run('PRAGMA synchronous = FULL')
  db.run('PRAGMA trusted_schema = OFF')
  db.run('PRAGMA temp_store = MEMORY')
  db.run(`PRAGMA cache_size = -${CACHE_KIB}`)
  db.run(`PRAGMA mmap_size = ${MMAP_BYTES}`)
  db.run(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
}

/** Numbers of licenses, the recent ones in memory. */
function createLicenseNumbers(db: Database) {
  const known = new LRUCache<string, number>({ max: LICENSES_KNOWN_MAX })
  const select = db.query<{ position: number }, [string]>(
    'SELECT position FROM licenses WHERE id = ?',
  )
  const insert = db.query<{ position: number }, [string]>(
    'INSERT INTO licenses (id) VALUES (?) RETURNING position',
  )

  function find(id: string): number | null {
    const number = known.get(id) ?? select.get(id)?.position
    if (number === undefined) return null
    known.set(id, number)
    return number
  }

  function give(id: string): number {
    const number = find(id) ?? insert.get(id)?.position ?? 0
    known.set(id, number)
    return number
  }

  return { find, give, forget: () => known.clear() }
}
