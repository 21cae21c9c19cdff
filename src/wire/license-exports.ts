import type { Static } from '@sinclair/typebox'
import { exampleId } from './fields.ts'
import { licenseFilters } from './license-filters.ts'
import { License } from './licenses.ts'
import { Type } from './type.ts'

export const ExportLicensesQuery = Type.Query({
  ...licenseFilters,
  format: Type.Optional(
    Type.Literals(['csv', 'ndjson'], { description: '`csv` or `ndjson`; `csv` by default.' }),
  ),
  reveal: Type.Optional(
    Type.PublishAs(
      Type.Literals(['true', 'false'], {
        description: 'Whether to export full keys, which needs the scope `licenses:reveal`.',
      }),
      Type.Boolean({ default: false }),
    ),
  ),
})
export type ExportLicensesQuery = Static<typeof ExportLicensesQuery>

/** The columns of the CSV, which are the fields of a license. */
export const licenseColumns = Object.keys(License.properties) as (keyof License)[]

const example = License.examples[0]

/** `files` holds an example of each format by its media type. */
export const LicenseExport = Type.String({
  description:
    'One line per license, newest first, with the fields of a license. In CSV (RFC 4180), domains and ' +
    'overrides are separated by spaces, objects are JSON, and a value that a spreadsheet would read as ' +
    'a formula is prefixed with an apostrophe. NDJSON contains every value unchanged.',
  files: {
    'text/csv': `id,key,status,…\r\n${exampleId('lic')},TO-****-****-****-2F17,active,…\r\n`,
    'application/x-ndjson': `${JSON.stringify(example)}\n`,
  },
})

/** Returns the cells of a license in the order of the columns. */
export function presentCells(license: License): (string | number | boolean | null)[] {
  return licenseColumns.map((name) => presentCell(license[name]))
}

function presentCell(value: License[keyof License]): string | number | null {
  if (value === undefined || value === null) return null
  if (Array.isArray(value)) return value.join(' ')
  return typeof value === 'object' ? JSON.stringify(value) : value
}
