import type { SQLQueryBindings, Statement } from 'bun:sqlite'
import { type Column, getTableColumns, getTableName } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { LRUCache } from 'lru-cache'
import type { Db } from './connection.ts'

/** Without drizzle, which takes longer to fill in parameters than SQLite to write a row. */

const COLUMN_SETS_MAX = 100

type NameOf<Table extends SQLiteTable> = keyof Table['$inferInsert'] & string

/** Returns a function that inserts these columns of a row (by default all), and returns its number. */
export function prepareInsert<Table extends SQLiteTable, Name extends NameOf<Table>>(
  { $client }: Db,
  table: Table,
  names?: readonly Name[],
  onConflict = '',
) {
  const columns = listColumns(table, names ?? Object.keys(getTableColumns(table)))
  const parameters = columns.map(() => '?')
  const statement = $client.prepare<unknown, SQLQueryBindings[]>(
    `INSERT INTO ${getTableName(table)} (${columns.map(getName)}) VALUES (${parameters}) ${onConflict}`,
  )
  return (row: Pick<Table['$inferInsert'], Name>): number =>
    Number(statement.run(...toBindings(columns, row)).lastInsertRowid)
}

/** Returns a function that updates columns of the row with an id. Each set of columns is prepared once. */
export function prepareUpdate<Table extends SQLiteTable>({ $client }: Db, table: Table) {
  const prepared = new LRUCache<string, Prepared>({ max: COLUMN_SETS_MAX })
  const prepare = (names: readonly string[]): Prepared => {
    const columns = listColumns(table, names)
    const assignments = columns.map((column) => `${getName(column)} = ?`)
    const text = `UPDATE ${getTableName(table)} SET ${assignments} WHERE id = ?`
    return { columns, statement: $client.prepare(text) }
  }
  return (id: string, set: Partial<Table['$inferInsert']>): void => {
    const names = Object.keys(set)
    const key = names.join()
    const { columns, statement } = prepared.get(key) ?? prepare(names)
    prepared.set(key, { columns, statement })
    statement.run(...toBindings(columns, set), id)
  }
}

type SelectedOf<Table extends SQLiteTable> = keyof Table['$inferSelect'] & string

/** Returns a function that reads these columns (by default all) of the row that meets a condition. */
export function prepareSelect<Table extends SQLiteTable, Name extends SelectedOf<Table>>(
  db: Db,
  table: Table,
  names: readonly Name[] | undefined,
  condition: string,
) {
  const { statement, toRow } = prepareReading(db, table, names, condition)
  return (...bindings: SQLQueryBindings[]): Pick<Table['$inferSelect'], Name> | null => {
    const row = statement.get(...bindings)
    return row === null ? null : toRow(row)
  }
}

/** Returns a function that reads these columns (by default all) of the rows that meet a condition. */
export function prepareSelectAll<Table extends SQLiteTable, Name extends SelectedOf<Table>>(
  db: Db,
  table: Table,
  names: readonly Name[] | undefined,
  condition: string,
) {
  const { statement, toRow } = prepareReading(db, table, names, condition)
  return (...bindings: SQLQueryBindings[]): readonly Pick<Table['$inferSelect'], Name>[] =>
    statement.all(...bindings).map(toRow)
}

function prepareReading<Table extends SQLiteTable, Name extends SelectedOf<Table>>(
  { $client }: Db,
  table: Table,
  names: readonly Name[] | undefined,
  condition: string,
) {
  const columns = listColumns(table, names ?? Object.keys(getTableColumns(table)))
  const selected = columns.map(([name, column]) => `${column.name} AS ${name}`)
  const statement = $client.prepare<Record<string, unknown>, SQLQueryBindings[]>(
    `SELECT ${selected} FROM ${getTableName(table)} WHERE ${condition}`,
  )
  const mapped = columns.filter(([, { dataType }]) => dataType === 'json' || dataType === 'boolean')
  const toRow = (row: Record<string, unknown>) => {
    for (const [name, column] of mapped) {
      if (row[name] !== null) row[name] = column.mapFromDriverValue(row[name])
    }
    return row as Pick<Table['$inferSelect'], Name>
  }
  return { statement, toRow }
}

interface Prepared {
  readonly columns: readonly NamedColumn[]
  readonly statement: Statement<unknown, SQLQueryBindings[]>
}

/** The name of a column in the schema, and the column. */
type NamedColumn = readonly [name: string, column: Column]

const getName = ([, { name }]: NamedColumn) => name

function listColumns(table: SQLiteTable, names: readonly string[]): readonly NamedColumn[] {
  const columns: Readonly<Record<string, Column>> = getTableColumns(table)
  return names.flatMap((name) => {
    const column = columns[name]
    return column === undefined ? [] : [[name, column] as const]
  })
}

function toBindings(columns: readonly NamedColumn[], row: Readonly<Record<string, unknown>>) {
  return columns.map(([name, column]) => {
    const value = row[name] ?? null
    return (value === null ? null : column.mapToDriverValue(value)) as SQLQueryBindings
  })
}
