import type { Connection } from '~/platform/postgres.ts'

export type CopiedValue = string | number | null
export type CopiedRows = readonly (readonly CopiedValue[])[]

/** Rows that are sent at once. */
const ROWS_PER_CHUNK = 1000

/** Appends rows to a table, which is several times as fast as inserting them. */
export async function copyRows(
  connection: Connection,
  table: string,
  columns: readonly string[],
  rows: CopiedRows,
): Promise<void> {
  if (rows.length === 0) return
  const copy = connection.unsafe(`COPY ${table} (${columns.join()}) FROM STDIN`)
  const writer = (await copy.writable()).getWriter()
  for (let start = 0; start < rows.length; start += ROWS_PER_CHUNK) {
    const chunk = rows.slice(start, start + ROWS_PER_CHUNK)
    await writer.write(chunk.map(formatRow).join(''))
  }
  await writer.close()
}

const formatRow = (row: readonly CopiedValue[]) => `${row.map(formatValue).join('\t')}\n`

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function formatValue(value: CopiedValue): string {
  if (value === null) return '\\N'
  return typeof value === 'number'
    ? `${value}`
    : removeNul(value).replace(/[\\\n\r\t]/g, escapeCharacter)
}

const escapeCharacter = (character: string) => escapes[character] ?? ''

/** PostgreSQL cannot store this character. */
export const removeNul = (text: string) => text.replaceAll('\0', '')
