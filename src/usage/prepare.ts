import { Database } from 'bun:sqlite'
import { existsSync, statSync } from 'node:fs'
import { MigrationError } from '~/platform/migrations.ts'
import { isDamage } from '~/platform/sqlite-errors.ts'
import { giveToOwner, useLog } from '~/platform/sqlite-files.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { restoreCounters } from './backup-counters.ts'
import { BUSY_TIMEOUT_MS, usagePath } from './file.ts'
import { migrations } from './migrations.ts'
import { findFileProblem, type SetAside, salvageCounters, setUsageFileAside } from './set-aside.ts'
import { divideStaged, importJournals, moveLastSeen, renameFormerFile } from './upgrade.ts'

/** A larger file would delay the start. Its damage is found when a damaged page is used. */
const CHECKED_BYTES_MAX = 67_108_864

export interface PrepareOptions {
  readonly directory: string
  /** The main database, which is open and migrated. */
  readonly databasePath: string
  /** Whether this process holds the lock of the directory, so that no other one uses the file. */
  readonly isLocked: boolean
  /** Called before a file with data is changed. Throws when another server may have it open. */
  readonly beforeMigrating: () => void
}

class DamageError extends Error {
  override readonly name = 'DamageError'
}

/**
 * Creates the usage file of a data directory, or brings it up to date. With the lock, sets a file
 * aside that cannot be used, and starts a new one. Throws if it cannot be used at the moment.
 */
export function prepareUsageFile(options: PrepareOptions): SetAside | null {
  try {
    prepare(options)
    return null
  } catch (error) {
    if (!options.isLocked) throw error
    if (error instanceof MigrationError) return replaceUsageFile(options, 'newer', error.message)
    if (!(error instanceof DamageError || isDamage(error))) throw error
    return replaceUsageFile(options, 'damaged', error.message)
  }
}

/** Sets the usage file aside, and starts a new one with the counters that can still be read. */
export function replaceUsageFile(
  options: PrepareOptions,
  kind: 'damaged' | 'newer',
  reason: string,
): SetAside {
  const path = setUsageFileAside(options.directory, kind)
  prepare(options)
  using db = new Database(usagePath(options.directory), { readwrite: true, create: false })
  useLog(db)
  salvageCounters(db, path)
  return { path, reason }
}

function prepare({ directory, databasePath, isLocked, beforeMigrating }: PrepareOptions): void {
  const path = usagePath(directory)
  // SQLite would create it.
  if (!existsSync(databasePath)) throw new Error(`${databasePath} is missing`)
  renameFormerFile(directory, beforeMigrating)
  const problem = findFileProblem(path)
  if (problem !== null) throw new DamageError(problem)
  using db = new Database(path, { create: true, strict: true })
  giveToOwner(path)
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  if (isLocked && statSync(path).size <= CHECKED_BYTES_MAX) checkPages(db)
  useLog(db)
  migrate(db, migrations, () => {
    beforeMigrating()
    moveLastSeen(db, databasePath)
  })
  if (isLocked) divideStaged(db)
  restoreCounters(db, databasePath)
  importJournals(directory, databasePath)
}

function checkPages(db: Database): void {
  const rows = db.query<{ quick_check: string }, []>('PRAGMA quick_check(1)').all()
  const found = rows[0]?.quick_check ?? 'ok'
  if (found !== 'ok') throw new DamageError(found)
}
