import { Fault } from '~/domain/faults.ts'
import type { ColumnMap, RequiredColumns, Source } from './source.ts'

/** Columns of a file that an error lists. */
const LISTED_MAX = 30
const HEADER_CHARACTERS_MAX = 60

interface Choices {
  readonly source: Source
  readonly columns: ColumnMap
}

/** Throws a Fault that names what is missing and what is there, if a CSV file lacks a column. */
export function requireColumns({ source, columns }: Choices, headers: readonly string[]): void {
  const mapped = [...columns].map(([field, header]) => ({ field, headers: [header] }) as const)
  const missing = [...source.listColumns(columns), ...mapped].find(
    (column) => !column.headers.some((header) => headers.includes(header)),
  )
  if (missing === undefined) return
  const present = headers.filter((header) => header !== '')
  const listed = present
    .slice(0, LISTED_MAX)
    .map((header) => header.slice(0, HEADER_CHARACTERS_MAX))
  const more = present.length > LISTED_MAX ? ` and ${present.length - LISTED_MAX} more` : ''
  const detail = `The file has no column ${missing.headers.join(' or ')}. Its columns are: ${listed.join(', ')}${more}.`
  throw new Fault('invalid_request', `${detail} ${advise(missing, source)}`)
}

function advise({ field }: RequiredColumns, { title }: Source): string {
  return field === null
    ? `Use the export of ${title} as it is, or the source csv, which reads any columns with --column.`
    : `Name the one that contains it with --column '${field}=HEADER'.`
}
