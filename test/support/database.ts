import { Database } from 'bun:sqlite'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { databasePath } from '~/store/sqlite/connection.ts'
import { createDatabase } from '~/store/sqlite/open.ts'
import { usagePath } from '~/usage/file.ts'
import { prepareUsageFile } from '~/usage/prepare.ts'
import { createScratchDirectory } from './scratch.ts'

interface Files {
  readonly database: Uint8Array
  readonly usage: Uint8Array
}

let migrated: Files | null = null

/** Creates the files of a data directory. All but the first are copies, because migrating takes time. */
export function createMigratedFiles(directory: string): void {
  migrated ??= migrateFiles()
  writeFileSync(databasePath(directory), migrated.database)
  writeFileSync(usagePath(directory), migrated.usage)
}

function migrateFiles(): Files {
  const directory = createScratchDirectory()
  createDatabase(directory)
  const path = databasePath(directory)
  prepareUsageFile({
    directory,
    databasePath: path,
    isLocked: true,
    beforeMigrating: () => undefined,
  })
  const files = { database: readFileSync(path), usage: readFileSync(usagePath(directory)) }
  rmSync(directory, { recursive: true })
  return files
}

/** Returns the types of all events, oldest first. The store may be open. */
export function eventTypesIn(directory: string): string[] {
  using db = new Database(databasePath(directory), { readonly: true })
  const rows = db.query<{ type: string }, []>('SELECT type FROM events ORDER BY position').all()
  return rows.map(({ type }) => type)
}

/** Returns every row of every table of a database. */
export function rowsIn(path: string): Record<string, Record<string, unknown>[]> {
  using db = new Database(path, { readonly: true })
  const tables = db
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
  const readTable = (name: string) =>
    db.query<Record<string, unknown>, []>(`SELECT * FROM "${name}"`).all()
  return Object.fromEntries(tables.map(({ name }) => [name, readTable(name)]))
}
