import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import type { SharingSignals } from '~/domain/sharing.ts'
import { startOf } from '~/domain/usage.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { migrations } from '~/usage/migrations.ts'
import { COUNTS_FOLDED, databasePath } from './connection.ts'
import { readJournal, removeJournal } from './history-journal.ts'
import { createHistoryReads } from './history-reads.ts'
import { createSharingWatch } from './history-sharing.ts'
import { createBatchWriter, createLicenseNumbers, type SentBatch } from './history-writes.ts'

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
  migrate(db, migrations, backUp)
}

/**
 * Takes over the counts of a database that came from a backup, or that has no history yet, so that
 * from here on the history alone counts.
 */
export function beginHistory(directory: string): void {
  using db = new Database(historyPath(directory), { strict: true })
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  db.run('ATTACH ? AS base', [databasePath(directory)])
  const isNew = db.query('SELECT 1 FROM groups').get() === null
  const isRestored = db.query('SELECT 1 FROM base.meta WHERE name = ?').get(COUNTS_FOLDED) !== null
  if (!isNew && !isRestored) return
  const begin = db.transaction(() => {
    db.run(`INSERT INTO licenses (id, validation_count, last_validated_at_ms)
      SELECT id, validation_count, last_validated_at_ms FROM base.licenses WHERE validation_count > 0
      ON CONFLICT (id) DO UPDATE SET
        validation_count = max(validation_count, excluded.validation_count),
        last_validated_at_ms = max(last_validated_at_ms, excluded.last_validated_at_ms)`)
    db.run('INSERT INTO groups (id, number) VALUES (0, 0) ON CONFLICT DO NOTHING')
  })
  begin.immediate()
  // Only now, so that whatever dies in between is done again, to the same end.
  db.run('DELETE FROM base.meta WHERE name = ?', [COUNTS_FOLDED])
}

/** Writes what a process that did not end well left in the journal. */
export function recoverHistory(directory: string): void {
  const left = readJournal(directory)
  if (left.length === 0) return
  const history = openHistory(directory)
  try {
    const nothing = { rollups: [], tallies: [], sightings: [] }
    for (const batch of left) history.write({ ...batch, ...nothing })
  } finally {
    history.close()
  }
  removeJournal(directory)
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
  const writeBatch = createBatchWriter(db, numbers)
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

  /** Forgets activations that are gone from the database, unless they were seen since then. */
  function forgetSightings(beforeMs: number): void {
    db.run('ATTACH ? AS base', [databasePath(directory)])
    try {
      const isGone = 'NOT EXISTS (SELECT 1 FROM base.activations WHERE id = activation_id)'
      db.run(`DELETE FROM sightings WHERE at_ms < ? AND ${isGone}`, [beforeMs])
    } finally {
      db.run('DETACH base')
    }
  }

  return {
    ...reads.queries,
    /** All or nothing, and once. Answers the licenses that passed what their plans watch for. */
    write: (batch: SentBatch): readonly SharingSignals[] => sharing.note(writeBatch(batch)),
    /** Forgets up to `max` single validations of days before `day`. Answers how many. */
    trim(day: number, max: number): number {
      const { changes } = deleteOldest.run(day, max)
      if (changes < max) forgetSightings(startOf(day, 'day'))
      return changes
    },
    /** Takes addresses and fingerprints out of the validations of a license. Answers of how many. */
    erase(licenseId: string): number {
      sharing.forget(licenseId)
      const license = numbers.find(licenseId)
      return license === null ? 0 : blankAll.immediate(license)
    },
    /** Folds the log, which has what was erased still; not while somebody reads. */
    emptyLog(): void {
      db.run('PRAGMA busy_timeout = 0')
      db.run('PRAGMA wal_checkpoint(TRUNCATE)')
      db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    },
    close: () => db.close(),
  }
}

function applyPragmas(db: Database): void {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  // Each group is one sync, for which nobody waits.
  db.run('PRAGMA synchronous = FULL')
  db.run('PRAGMA trusted_schema = OFF')
  // What was erased is gone from the file as well.
  db.run('PRAGMA secure_delete = ON')
  db.run('PRAGMA temp_store = MEMORY')
  // No memory map: an export would fill it with the whole file.
  db.run(`PRAGMA cache_size = -${CACHE_KIB}`)
  db.run(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  db.run(`PRAGMA journal_size_limit = ${WAL_BYTES_MAX}`)
}
