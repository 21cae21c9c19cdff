import type { Deps } from '~/deps.ts'
import { type AuditChange, describeChange } from '~/domain/audit-values.ts'
import type { LicenseFilter, LicenseRecord } from '~/domain/licenses.ts'
import type { Page } from '~/domain/pages.ts'
import { omitUndefined, parseEmail } from '~/wire/fields.ts'
import {
  ExportLicensesQuery,
  LicenseExport,
  licenseColumns,
  presentCells,
} from '~/wire/license-exports.ts'
import { type LicenseFilter as LicenseFilters, parseLicenseFilter } from '~/wire/license-filters.ts'
import { type License, presentMaskedLicense } from '~/wire/licenses.ts'
import { answers } from '../answers.ts'
import { requireScope } from '../plugins/auth.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { CSV_TYPE, NDJSON_TYPE, toCsvLine } from './csv.ts'
import { streamTexts } from './streams.ts'

/** As many as a page of the list, so that validations are answered in between. */
const CHUNK_LICENSES = 100

const formats = {
  csv: {
    type: CSV_TYPE,
    head: toCsvLine(licenseColumns),
    line: (license: License) => toCsvLine(presentCells(license)),
  },
  ndjson: {
    type: NDJSON_TYPE,
    head: '',
    line: (license: License) => `${JSON.stringify(license)}\n`,
  },
} as const

/** Exports the licenses of a list as a file of any size. */
export const licenseExportRoutes = (deps: Pick<Deps, 'store' | 'log'>, routes: ScopedRoutes) =>
  routes('/licenses/export', 'Licenses').get(
    '',
    async ({ query, request, command }) => {
      const { format: name = 'csv', reveal, ...filters } = query
      if (reveal === 'true') requireScope(request, 'licenses:reveal')
      const filter = parseLicenseFilter(filters, '?', command.nowMs)
      const present = (record: LicenseRecord) =>
        reveal === 'true'
          ? command.revealLicense(record)
          : presentMaskedLicense(record, command.nowMs)
      const { type, head, line } = formats[name]
      const lines = exportTexts(deps, filter, head, (record) => line(present(record)))
      const texts = await streamTexts(lines, deps.log)
      if (reveal === 'true') {
        const change = describeExport(name, filters)
        await command.recordBefore({ action: 'license.export', subjectId: 'licenses', change })
      }
      return new Response(texts, {
        headers: {
          'content-type': type,
          'content-disposition': `attachment; filename="licenses.${name}"`,
        },
      })
    },
    {
      scope: 'licenses:read',
      operationId: 'exportLicenses',
      query: ExportLicensesQuery,
      ...answers(LicenseExport),
      summary: 'Download the licenses of a list as CSV or NDJSON',
      description:
        'Takes the filters of the list. Keys are masked by default, even with the scope ' +
        '`licenses:reveal`. A license that changes during the download is shown as it is when its ' +
        'line is written.',
    },
  )

/** Of the filters by a customer, only the email address can be erased, so the others are named only. */
function describeExport(format: string, filters: LicenseFilters): AuditChange | null {
  const { customer_email: customerEmail, q, domain, external_ref, ...values } = filters
  const others = Object.keys(omitUndefined({ q, domain, external_ref }))
  return describeChange('export', null, {
    format,
    reveal: true,
    customerEmail: customerEmail && parseEmail(customerEmail),
    filters: Object.keys(values).length > 0 ? values : null,
    otherFilters: others.length > 0 ? others : null,
  })
}

async function* exportTexts(
  { store }: Pick<Deps, 'store'>,
  filter: LicenseFilter,
  head: string,
  toLine: (record: LicenseRecord) => string,
): AsyncGenerator<string, void> {
  let start = head
  let after: string | null = null
  do {
    const page: Page<LicenseRecord> = await store.licenses.list(filter, {
      limit: CHUNK_LICENSES,
      after,
    })
    yield start + page.data.map(toLine).join('')
    start = ''
    after = page.nextAfter
  } while (after !== null)
}
