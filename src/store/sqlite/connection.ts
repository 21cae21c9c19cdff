import type { Database } from 'bun:sqlite'
import { join } from 'node:path'
import type { BunSQLiteDatabase } from 'drizzle-orm/bun-sqlite'
import type * as schema from './schema.ts'

/** Waiting for a lock stops the whole event loop, so SQLite waits briefly; `transactions` retries. */
export const BUSY_TIMEOUT_MS = 5
const CACHE_KIB = 65_536
const MMAP_BYTES = 268_435_456
const WAL_BYTES_MAX = 67_108_864

/** Where a data directory keeps its database. */
export const databasePath = (directory: string) => join(directory, 'licet.sqlite')

/** Under this name the table `meta` keeps what tells one master secret from another. */
export const SECRET_CHECK = 'master_secret_check'

export type Db = BunSQLiteDatabase<typeof schema> & { readonly $client: Database }

export function applyPragmas(db: Database): void {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  db.run('PRAGMA journal_mode = WAL')
  // FULL: an acknowledged change survives a power cut; grouping makes it as cheap as NORMAL.
  db.run('PRAGMA synchronous = FULL')
  db.run('PRAGMA foreign_keys = ON')
  db.run('PRAGMA trusted_schema = OFF')
  // What was erased is gone from the file as well.
  db.run('PRAGMA secure_delete = ON')
  db.run('PRAGMA temp_store = MEMORY')
  db.run(`PRAGMA cache_size = -${CACHE_KIB}`)
  db.run(`PRAGMA mmap_size = ${MMAP_BYTES}`)
  db.run(`PRAGMA journal_size_limit = ${WAL_BYTES_MAX}`)
}
