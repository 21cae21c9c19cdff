import { Database } from 'bun:sqlite'
import { Fault } from '~/domain/faults.ts'
import { isDamage } from '~/platform/sqlite-errors.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { restoreCounters } from './backup-counters.ts'
import { BUSY_TIMEOUT_MS, usagePath } from './file.ts'
import { migrations } from './migrations.ts'
import { importJournals, moveLastSeen, renameFormerFile } from './upgrade.ts'

export interface PrepareOptions {
  readonly directory: string
  /** The main database, which is open and migrated. */
  readonly databasePath: string
  /** Called before a file with data is changed. Throws when another server may have it open. */
  readonly beforeMigrating: () => void
}

/** Creates the usage file of a data directory, or brings it up to date. */
export function prepareUsageFile({
  directory,
  databasePath,
  beforeMigrating,
}: PrepareOptions): void {
  const path = usagePath(directory)
  try {
    renameFormerFile(directory, beforeMigrating)
    using db = new Database(path, { create: true, strict: true })
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    db.run('PRAGMA journal_mode = WAL')
    migrate(db, migrations, () => {
      beforeMigrating()
      moveLastSeen(db, databasePath)
    })
    restoreCounters(db, databasePath)
    importJournals(directory, databasePath)
  } catch (cause) {
    if (!isDamage(cause)) throw cause
    throw new Fault(
      'unavailable',
      `The usage file ${path} is damaged: ${cause.message}. Restore it, or move it away together with its -wal and -shm files: a new one then starts with the counters of the last backup.`,
      { cause },
    )
  }
}
