import type { Storage, StorageParts } from '~/server/storage.ts'
import { testEngine } from './engine.ts'
import { openPostgresDatabase } from './storage-postgres.ts'
import { openSqliteDatabase } from './storage-sqlite.ts'

export type Rows = readonly Readonly<Record<string, unknown>>[]

/** The database of an application, for tests that look into it. */
export interface TestDatabase {
  /** Returns the types of all events, oldest first. */
  readEventTypes(): Promise<string[]>
  /** Returns every row of every table but those of usage, to compare before and after. */
  readRows(): Promise<Record<string, Rows>>
  /** Returns every row of every table. */
  readUsageRows(): Promise<Record<string, Rows>>
  /** Returns everything that was written, as text to look for secrets in: files, or else rows. */
  readEverything(): Promise<string>
  /** Whether no entry of the audit was changed, removed or inserted. */
  isAuditIntact(): Promise<boolean>
  /** Runs a statement that no route would run. */
  run(sql: string): Promise<void>
}

/** A new database of the engine under test. */
export interface TestStorage {
  readonly storage: Storage
  readonly database: TestDatabase
  /** Opens the same database again, as another server does. */
  openAnother(): Promise<Storage>
  /** Checks what the tests have written, and deletes it. The store and usage must be closed. */
  end(): Promise<void>
}

/** Opens a database, whose files are in the data directory of the settings. */
export function openTestStorage(parts: StorageParts): Promise<TestStorage> {
  return testEngine === 'postgres' ? openPostgresDatabase(parts) : openSqliteDatabase(parts)
}
