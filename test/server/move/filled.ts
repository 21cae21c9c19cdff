import { Database } from 'bun:sqlite'
import { SQL } from 'bun'
import { getTableConfig } from 'drizzle-orm/sqlite-core'
import { sqliteTables } from '~/server/move/main-tables.ts'
import { createSqliteRows } from '~/server/move/sqlite.ts'
import type { Column, Row, Table, Value } from '~/server/move/table.ts'
import { tables } from '~/server/move/tables.ts'
import { SECRET_CHECK } from '~/store/shared/secret-check.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { createDatabase } from '~/store/sqlite/open.ts'
import { usagePath } from '~/usage/file.ts'
import { prepareUsageFile } from '~/usage/prepare.ts'
import { createScratchSchema } from '../../support/postgres.ts'

export const SECRET = 'of the tests'
/** More than the last row of each table has, as if later rows had been deleted. */
export const LAST_NUMBER = 1_000_000

const awkward = ['', '\t', '\n\r', '\\N', '\\', '"', 'ü 😀', "'; --", '{"a":[1,null]}']

/** Creates a database with rows in every table that is moved. */
export function createFilledDirectory(directory: string, rowsPerTable: number): void {
  createDatabase(directory)
  using db = new Database(databasePath(directory), { readwrite: true })
  prepareUsageFile({
    directory,
    databasePath: databasePath(directory),
    isLocked: true,
    beforeMigrating: () => undefined,
  })
  db.run('ATTACH ? AS usage', [usagePath(directory)])
  db.run('PRAGMA foreign_keys = ON')
  db.run('PRAGMA synchronous = OFF')
  const { insert, setCounter } = createSqliteRows(db)
  db.transaction(() => {
    for (const table of tables) {
      const rows = Array.from({ length: rowsPerTable }, (_, index) => buildRow(table, index))
      insert(table, rows)
      if (table.sqlite.counter !== null) setCounter(table.sqlite, LAST_NUMBER)
    }
    db.run('INSERT INTO meta (name, value) VALUES (?, ?)', [SECRET_CHECK, SECRET])
  })()
}

function buildRow(table: Table, index: number): Row {
  return table.columns.map((column) => buildValue(table, column, index))
}

/** The row of each table refers to the row with the same index of others. */
function buildValue(table: Table, column: Column, index: number): Value {
  const config = sqliteTables.find(({ name }) => name === table.name)
  const found = config?.columns.find(({ name }) => name === column.name)
  const reference = config?.foreignKeys
    .map((key) => key.reference())
    .find(({ columns }) => columns[0]?.name === column.name)
  if (reference !== undefined) {
    const parent = tables.find(({ name }) => name === getTableConfig(reference.foreignTable).name)
    const target = parent?.columns.find(({ name }) => name === reference.foreignColumns[0]?.name)
    if (parent !== undefined && target !== undefined) return buildValue(parent, target, index)
  }
  if (found?.notNull === false && !found.primary && index % 3 === 0) return null
  if (column.type === 'boolean') return index % 2
  const isKey = table.sqlite.key.some((at) => table.columns[at] === column)
  if (column.type === 'integer') return index === 1 && !isKey ? Number.MAX_SAFE_INTEGER : index + 1
  const text = `${table.name} ${column.name} ${index} ${awkward[index % awkward.length]}`
  // Triggers read these.
  return ['fact', 'applied'].includes(column.name) ? JSON.stringify({ text }) : text
}

export interface ScratchDatabase extends AsyncDisposable {
  readonly url: string
}

/** Creates an empty database of its own, as users have one. */
export async function createScratchDatabase(): Promise<ScratchDatabase> {
  const { url, [Symbol.asyncDispose]: dropSchema } = await createScratchSchema()
  await dropSchema()
  const name = `move_${crypto.randomUUID().replaceAll('-', '')}`
  const run = async (statement: string) => {
    const admin = new SQL({ url, max: 1 })
    await admin.unsafe(statement)
    await admin.close({ timeout: 1 })
  }
  await run(`CREATE DATABASE ${name} TEMPLATE template0`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return {
    url: own.href,
    [Symbol.asyncDispose]: () => run(`DROP DATABASE ${name} WITH (FORCE)`),
  }
}
