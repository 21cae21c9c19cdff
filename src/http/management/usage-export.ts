import type { Deps } from '~/deps.ts'
import { describeChange } from '~/domain/audit-values.ts'
import { toTimestamp } from '~/domain/times.ts'
import type { TimeRange, UsageEntry } from '~/domain/usage.ts'
import type { UsageChunk } from '~/usage/port.ts'
import { Export, ExportedEntry, ExportQuery, presentExportedEntry } from '~/wire/usage.ts'
import { answers } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { CSV_TYPE, NDJSON_TYPE, toCsvLine } from './csv.ts'
import { streamTexts } from './streams.ts'
import { parseDays } from './usage.ts'

const CHUNK_ROWS = 1000

interface Format {
  readonly type: string
  readonly head: string
  line(entry: ExportedEntry): string
}

const columns = Object.keys(ExportedEntry.properties) as (keyof ExportedEntry)[]

const formats: Readonly<Record<'csv' | 'ndjson', Format>> = {
  csv: {
    type: CSV_TYPE,
    head: toCsvLine(columns),
    line: (entry) => toCsvLine(columns.map((name) => entry[name])),
  },
  ndjson: {
    type: NDJSON_TYPE,
    head: '',
    line: (entry) => `${JSON.stringify(entry)}\n`,
  },
}

/** Exports individual validations as a file of any size. */
export const usageExportRoutes = (deps: Pick<Deps, 'usage' | 'log'>, routes: ScopedRoutes) =>
  routes('/usage', 'Usage').get(
    '/export',
    async ({ query, command }) => {
      const { range } = parseDays(query, command.nowMs)
      const name = query.format ?? 'csv'
      const texts = await streamTexts(exportTexts(deps, range, formats[name]), deps.log)
      // The file contains addresses and devices of customers.
      const change = describeChange('export', null, {
        format: name,
        from: toTimestamp(range.fromMs),
        to: toTimestamp(range.toMs),
      })
      await command.recordBefore({ action: 'usage.export', subjectId: 'usage', change })
      return new Response(texts, {
        headers: {
          'content-type': formats[name].type,
          'content-disposition': `attachment; filename="usage.${name}"`,
        },
      })
    },
    {
      scope: 'usage:read',
      operationId: 'exportUsage',
      query: ExportQuery,
      ...answers(Export),
      summary: 'Download individual validations as CSV or NDJSON',
      description: 'Covers the last 30 days by default, ordered by day and then by license.',
    },
  )

async function* exportTexts(
  { usage }: Pick<Deps, 'usage'>,
  range: TimeRange,
  { head, line }: Format,
): AsyncGenerator<string> {
  let start = head
  let after: UsageChunk['after'] = null
  do {
    const chunk: UsageChunk = await usage.export(range, after, CHUNK_ROWS)
    yield start + chunk.data.map((entry: UsageEntry) => line(presentExportedEntry(entry))).join('')
    start = ''
    after = chunk.after
  } while (after !== null)
}
