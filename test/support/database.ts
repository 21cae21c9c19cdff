import { Database } from 'bun:sqlite'
import { readFileSync, writeFileSync } from 'node:fs'
import { databasePath } from '~/store/sqlite/connection.ts'
import { createDatabase } from '~/store/sqlite/open.ts'

let migrated: Uint8Array | null = null

/** Creates the database of a data directory. All but the first are copies, because migrating takes time. */
export function createMigratedDatabase(directory: string): void {
  const path = databasePath(directory)
  if (migrated === null) {
    createDatabase(directory)
    migrated = readFileSync(path)
  } else writeFileSync(path, migrated)
}

/** Returns the types of all events, oldest first. The store may be open. */
export function eventTypesIn(directory: string): string[] {
  using db = new Database(databasePath(directory), { readonly: true })
  const rows = db.query<{ type: string }, []>('SELECT type FROM events ORDER BY position').all()
  return rows.map(({ type }) => type)
}

/** Returns every row of every table, to compare before and after. */
export function rowsIn(directory: string): Record<string, unknown[]> {
  using db = new Database(databasePath(directory), { readonly: true })
  const tables = db
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
  return Object.fromEntries(
    tables.map(({ name }) => [name, db.query(`SELECT * FROM "${name}"`).all()]),
  )
}
