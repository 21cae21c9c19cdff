import type { Database } from 'bun:sqlite'
import { join } from 'node:path'
import type { BunSQLiteDatabase } from 'drizzle-orm/bun-sqlite'
import { isUnavailable } from '~/platform/sqlite-errors.ts'
import { useLog } from '~/platform/sqlite-files.ts'
import type * as schema from './schema.ts'

/** Waiting for a lock blocks the event loop, so SQLite waits briefly; transactions.ts retries. */
export const BUSY_TIMEOUT_MS = 5
const CACHE_KIB = 65_536
/** Small, because the operating system keeps the pages as well. For the same reason, no file is mapped. */
const READING_CACHE_KIB = 16_384
const UNWRITTEN_PAGES_MAX = 1000
const WAL_BYTES_MAX = 67_108_864
/** For transactions of this size, and for processes that run only a command. */
const CHECKPOINT_PAGES_MAX = 16_000

/** Returns the path of the database in a data directory. */
export const databasePath = (directory: string) => join(directory, 'licet.sqlite')

export type Db = BunSQLiteDatabase<typeof schema> & { readonly $client: Database }

/** `isExternal`: another program moves the log into the database, so no commit does. */
export function applyPragmas(db: Database, isExternal = false): void {
  applyReadingPragmas(db)
  db.run(`PRAGMA cache_size = -${CACHE_KIB}`)
  useLog(db)
  // FULL: an acknowledged change survives a power cut; grouping makes it as cheap as NORMAL.
  db.run('PRAGMA synchronous = FULL')
  db.run('PRAGMA foreign_keys = ON')
  // Erased data must not stay in unused pages of the file.
  db.run('PRAGMA secure_delete = ON')
  db.run(`PRAGMA wal_autocheckpoint = ${isExternal ? 0 : CHECKPOINT_PAGES_MAX}`)
  db.run(`PRAGMA journal_size_limit = ${WAL_BYTES_MAX}`)
  // Written to the log step by step, so that little is left for the commit of a long transaction.
  db.run(`PRAGMA cache_spill = ${UNWRITTEN_PAGES_MAX}`)
}

export function applyReadingPragmas(db: Database): void {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  db.run('PRAGMA trusted_schema = OFF')
  db.run('PRAGMA temp_store = MEMORY')
  db.run(`PRAGMA cache_size = -${READING_CACHE_KIB}`)
}

/** Moves the log into the database. On a full disk the log simply stays. */
export function foldLog(db: Database, mode: 'PASSIVE' | 'TRUNCATE' = 'TRUNCATE'): void {
  try {
    db.run(`PRAGMA wal_checkpoint(${mode})`)
  } catch (error) {
    if (!isUnavailable(error)) throw error
  }
}
