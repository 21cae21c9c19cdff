import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import type { SharingSignals } from '~/domain/sharing.ts'
import { databasePath } from './connection.ts'
import { createHistoryReads } from './history-reads.ts'
import { createSharingWatch } from './history-sharing.ts'
import { createGroupWriter, createLicenseNumbers, type HistoryGroup } from './history-writes.ts'
import { migrate } from './migrate.ts'
import { historyMigrations } from './migrations.ts'

/** Nobody waits for this connection on the event loop, so it may wait for others itself. */
const BUSY_TIMEOUT_MS = 5000
const CACHE_KIB = 65_536
/** Pages that many groups write again and again are copied into the file once. */
const CHECKPOINT_PAGES = 8000
const WAL_BYTES_MAX = 67_108_864

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
  const numbers = createLicenseNumbers(db)
  const reads = createHistoryReads(db, numbers.find)
  const sharing = createSharingWatch(db, numbers.find)
  const writeGroup = createGroupWriter(db, numbers)
  const deleteOldest = db.query(
    `DELETE FROM validations WHERE (day, license, at_ms, nth) IN
       (SELECT day, license, at_ms, nth FROM validations WHERE day < ? ORDER BY 1, 2, 3, 4 LIMIT ?)`,
  )
  const blank = db.query(
    `UPDATE validations SET address = NULL, fingerprint = NULL
     WHERE day = ? AND license = ? AND (address IS NOT NULL OR fingerprint IS NOT NULL)`,
  )
  const blankAll = db.transaction((license: number) =>
    reads.daysKept().reduce((blanked, day) => blanked + blank.run(day, license).changes, 0),
  )

  return {
    ...reads.queries,
    /** All or nothing. Answers the licenses that passed what their plans watch for. */
    write(group: HistoryGroup): readonly SharingSignals[] {
      writeGroup(group)
      return sharing.note(group.singles)
    },
    /** Forgets up to `max` single validations of days before `day`. Answers how many. */
    trim: (day: number, max: number): number => deleteOldest.run(day, max).changes,
    /** Takes addresses and fingerprints out of the validations of a license. Answers of how many. */
    erase(licenseId: string): number {
      sharing.forget(licenseId)
      const license = numbers.find(licenseId)
      return license === null ? 0 : blankAll.immediate(license)
    },
    close: () => db.close(),
  }
}

function applyPragmas(db: Database): void {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  // Each group is one sync, for which nobody waits.
  db.run('PRAGMA synchronous = FULL')
  db.run('PRAGMA trusted_schema = OFF')
  db.run('PRAGMA temp_store = MEMORY')
  // No memory map: an export would fill it with the whole file.
  db.run(`PRAGMA cache_size = -${CACHE_KIB}`)
  db.run(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  db.run(`PRAGMA journal_size_limit = ${WAL_BYTES_MAX}`)
}
