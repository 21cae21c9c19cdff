import { type Column, getTableColumns, getTableName } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Connection } from '~/platform/postgres.ts'

/** Statements on single tables without drizzle, which takes twice as long as a connection. */

/** The name of a column in the schema, and the column. */
type NamedColumn = readonly [name: string, column: Column]
type SelectedOf<Table extends PgTable> = keyof Table['$inferSelect'] & string
type Row = Readonly<Record<string, unknown>>

export interface Source {
  readonly client: Connection
}

/** Reads these columns (by default all) of the rows that meet a condition, with `$1` and so on. */
export async function selectRows<Table extends PgTable, Name extends SelectedOf<Table>>(
  { client }: Source,
  table: Table,
  names: readonly Name[] | undefined,
  condition: string,
  values: readonly unknown[] = [],
): Promise<Pick<Table['$inferSelect'], Name>[]> {
  const columns = listColumns(table, names)
  const selected = columns.map(([, column]) => `"${column.name}"`)
  const text = `SELECT ${selected} FROM ${getTableName(table)} ${condition}`
  const rows = await client.unsafe<Row[]>(text, [...values])
  return rows.map((row) => toRow<Pick<Table['$inferSelect'], Name>>(columns, row))
}

/** Reads the first of these rows; null if there is none. */
export async function selectRow<Table extends PgTable, Name extends SelectedOf<Table>>(
  source: Source,
  table: Table,
  names: readonly Name[] | undefined,
  condition: string,
  values: readonly unknown[] = [],
): Promise<Pick<Table['$inferSelect'], Name> | null> {
  const [row] = await selectRows(source, table, names, condition, values)
  return row ?? null
}

/**
 * Inserts rows in their order, in one statement whose text does not depend on their number. Returns how
 * many it has inserted.
 */
export async function insertRows<Table extends PgTable>(
  { client }: Source,
  table: Table,
  rows: readonly Table['$inferInsert'][],
  onConflict = '',
): Promise<number> {
  const [first] = rows
  if (first === undefined) return 0
  const columns = listColumns(table, undefined).filter(([name]) => name in first)
  const names = columns.map(([, column]) => `"${column.name}"`)
  const types = columns.map(([, column]) => `"${column.name}" ${column.getSQLType()}`)
  const text = `INSERT INTO ${getTableName(table)} (${names}) SELECT ${names}
    FROM json_to_recordset($1::text::json) AS given (${types}) ${onConflict}`
  const stored = rows.map((row) => toStored(columns, row))
  const { count } = await client.unsafe(text, [JSON.stringify(stored)])
  return count ?? 0
}

/** Updates columns of the row with an id. */
export async function updateRow<Table extends PgTable>(
  { client }: Source,
  table: Table,
  id: string,
  set: Partial<Table['$inferInsert']>,
): Promise<void> {
  const columns = listColumns(table, undefined).filter(([name]) => name in set)
  if (columns.length === 0) return
  const assignments = columns.map(([, column], index) => `"${column.name}" = $${index + 2}`)
  const stored = toStored(columns, set)
  const text = `UPDATE ${getTableName(table)} SET ${assignments} WHERE id = $1`
  await client.unsafe(text, [id, ...columns.map(([, column]) => stored[column.name])])
}

/** Converts a row of the driver, such as of a join, to that of a table. Other columns are left out. */
export function readColumns<Table extends PgTable, Name extends SelectedOf<Table>>(
  table: Table,
  row: Row,
  names?: readonly Name[],
): Pick<Table['$inferSelect'], Name> {
  return toRow(listColumns(table, names), row)
}

const allColumns = new WeakMap<PgTable, readonly NamedColumn[]>()

function listColumns(table: PgTable, names: readonly string[] | undefined): readonly NamedColumn[] {
  let all = allColumns.get(table)
  if (all === undefined) {
    all = Object.entries(getTableColumns(table))
    allColumns.set(table, all)
  }
  return names === undefined ? all : all.filter(([name]) => names.includes(name))
}

function toRow<Result>(columns: readonly NamedColumn[], row: Row): Result {
  const entries = columns.map(([name, column]) => {
    const value = row[column.name] ?? null
    return [name, value === null ? null : column.mapFromDriverValue(value)]
  })
  return Object.fromEntries(entries) as Result
}

function toStored(columns: readonly NamedColumn[], row: Row): Record<string, unknown> {
  const entries = columns.map(([name, column]) => {
    const value = row[name] ?? null
    return [column.name, value === null ? null : column.mapToDriverValue(value)]
  })
  return Object.fromEntries(entries)
}
