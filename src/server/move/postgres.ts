import type { Connection } from '~/platform/postgres.ts'
import {
  type Column,
  keyColumns,
  type Place,
  quote,
  type Row,
  type Table,
  type Value,
} from './table.ts'

const CHUNK_ROWS = 500

export async function countRows(connection: Connection, { postgres }: Table): Promise<number> {
  const [row] = await connection.unsafe<{ count: number }[]>(
    `SELECT count(*)::float8 AS count FROM ${postgres.source}`,
  )
  return row?.count ?? 0
}

/** Returns rows in the order of the key, from the one after this key. */
export async function readRows(
  connection: Connection,
  table: Table,
  after: Row | null,
  max: number,
): Promise<readonly Row[]> {
  const key = keyColumns(table, 'postgres')
  const names = key.map(({ name }) => quote(name)).join()
  const given = key.map((column, index) => formatParameter(column, index + 1)).join()
  const values = await connection
    .unsafe<Row[]>(
      `SELECT ${table.columns.map(formatColumn).join()} FROM ${table.postgres.source}
       ${after === null ? '' : `WHERE (${names}) > (${given})`} ORDER BY ${names} LIMIT ${max}`,
      after?.map((value) => (value === null ? null : String(value))),
    )
    .values()
  return [...values]
}

function formatColumn({ name, type }: Column): string {
  if (type === 'text') return quote(name)
  // Bun returns other numbers as text. These are exact up to 2^53. By its own name, a column would be
  // sorted after the cast, without the index.
  return `${quote(name)}${type === 'boolean' ? '::integer' : ''}::float8 AS ${quote(`${name} value`)}`
}

function formatParameter({ type }: Column, number: number): string {
  return type === 'text' ? `$${number}::text` : `$${number}::text::bigint`
}

/** Appends rows to a table. */
export async function copyRows(
  connection: Connection,
  { columns, postgres }: Table,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return
  const names = postgres.columns ?? columns.map(({ name }) => name)
  const copy = connection.unsafe(`COPY ${postgres.target} (${names.map(quote).join()}) FROM STDIN`)
  const writer = (await copy.writable()).getWriter()
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const chunk = rows.slice(start, start + CHUNK_ROWS)
    await writer.write(chunk.map((row) => formatRow(postgres.toStored?.(row) ?? row)).join(''))
  }
  await writer.close()
}

const formatRow = (row: Row) => `${row.map(formatValue).join('\t')}\n`

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function formatValue(value: Value): string {
  if (value === null) return '\\N'
  if (typeof value === 'number') return String(value)
  return value.replace(/[\\\n\r\t]/g, (character) => escapes[character] ?? '')
}

/** Returns the highest number that a table with a counter has ever assigned. */
export async function readCounter(
  connection: Connection,
  { target, counter }: Place,
): Promise<number> {
  if (counter === null) return 0
  const [found] = await connection.unsafe<{ sequence: string }[]>(
    `SELECT pg_get_serial_sequence('${target}', '${counter}') AS sequence`,
  )
  const [row] = await connection.unsafe<{ number: number }[]>(
    `SELECT greatest(
       (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ${found?.sequence}),
       (SELECT max(${quote(counter)}) FROM ${target}))::float8 AS number`,
  )
  return row?.number ?? 0
}

export async function setCounter(
  connection: Connection,
  { target, counter }: Place,
  number: number,
): Promise<void> {
  if (counter === null || number === 0) return
  await connection.unsafe(
    `SELECT setval(pg_get_serial_sequence('${target}', '${counter}'), $1::text::bigint)`,
    [`${number}`],
  )
}
