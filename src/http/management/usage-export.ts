import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { cutToBuckets, startOf, type UsageEntry } from '~/domain/usage.ts'
import type { UsageChunk } from '~/store/port.ts'
import { problems } from '~/wire/problems.ts'
import { Export, type ExportedEntry, ExportQuery, presentExportedEntry } from '~/wire/usage.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { streamTexts } from './streams.ts'
import { readRange } from './usage.ts'

const ROWS_PER_CHUNK = 1000
/** A cell that begins like this is a formula to spreadsheets (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\n]/
const QUOTED = /[",\r\n]/

interface Format {
  readonly type: string
  readonly head: string
  line(entry: ExportedEntry): string
}

const columns: readonly (keyof ExportedEntry)[] = [
  'at',
  'license_id',
  'valid',
  'error',
  'domain',
  'fingerprint',
  'country',
  'address',
  'version',
]

const formats: Readonly<Record<'csv' | 'ndjson', Format>> = {
  csv: {
    type: 'text/csv; charset=utf-8; header=present',
    head: toCsvLine(columns),
    line: (entry) => toCsvLine(columns.map((name) => entry[name])),
  },
  ndjson: {
    type: 'application/x-ndjson',
    head: '',
    line: (entry) => `${JSON.stringify(entry)}\n`,
  },
}

/** Single validations as a file of any size. */
export const usageExportRoutes = (
  { store, log }: Pick<Deps, 'store' | 'log'>,
  commands: CommandsPlugin,
) =>
  new Elysia().use(commands).get(
    '/usage/export',
    ({ query, command }) => {
      const given = readRange(query)
      const days = cutToBuckets('day', given, command.nowMs)
      const { fromMs = startOf(days.first, 'day'), toMs = startOf(days.last + 1, 'day') } = given
      const name = query.format ?? 'csv'
      const { type, head, line } = formats[name]

      async function* texts() {
        yield head
        let after: UsageChunk['after'] = null
        do {
          const chunk: UsageChunk = await store.usage.export(
            { fromMs, toMs },
            after,
            ROWS_PER_CHUNK,
          )
          yield chunk.data.map((entry: UsageEntry) => line(presentExportedEntry(entry))).join('')
          after = chunk.after
        } while (after !== null)
      }

      return new Response(streamTexts(texts(), log), {
        headers: {
          'content-type': type,
          'content-disposition': `attachment; filename="usage.${name}"`,
        },
      })
    },
    {
      scope: 'usage:read',
      query: ExportQuery,
      response: { 200: Export, ...problems(401, 403, 422) },
      detail: {
        tags: ['Usage'],
        operationId: 'exportUsage',
        summary: 'Download the validations that are kept as CSV or NDJSON',
        description: 'Of the last 30 days unless told otherwise; day by day, license by license.',
      },
    },
  )

/** RFC 4180. */
function toCsvLine(values: readonly (string | boolean | null)[]): string {
  const cells = values.map((value) => {
    const text = String(value ?? '')
    const tamed = FORMULA.test(text) ? `'${text}` : text
    return QUOTED.test(tamed) ? `"${tamed.replaceAll('"', '""')}"` : tamed
  })
  return `${cells.join(',')}\r\n`
}
