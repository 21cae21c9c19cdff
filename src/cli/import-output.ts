import { closeSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { toCsvLine } from '~/http/management/csv.ts'
import { findKind, type ImportEntry, type ImportSummary } from '~/importing/report.ts'
import { requireNewPath, requireWritable } from './new-file.ts'
import { printLine } from './print.ts'
import { printable } from './table.ts'

/** Records of one kind that are printed. The rest of them are counted. */
const EXAMPLES_MAX = 3
/** Kinds of refusals and notes that are printed. Others are counted together. */
const KINDS_MAX = 20
const PLANS_MAX = 20
const PROGRESS_MS = 1000

interface OutputOptions {
  readonly isDryRun: boolean
  /** The path of the report. */
  readonly report: string | undefined
}

/** Refusals or notes that are alike. */
interface Kind {
  count: number
  /** The first of them, as it was printed; null for those of other kinds. */
  readonly first: string | null
}

const OTHERS = 'others'

/** Prints progress and results, and writes what is not as in the file to a report. */
export function createImportOutput({ isDryRun, report }: OutputOptions) {
  const file = report === undefined ? null : openReport(report)
  const kinds = new Map<string, Kind>()
  const progress = createProgress()

  function show(entry: ImportEntry): void {
    const isRefused = entry.kind === 'refused'
    const name = `${isRefused} ${findKind(entry)}`
    const isListed = kinds.has(name) || kinds.size < KINDS_MAX
    const sentence = `${isRefused ? 'refused' : 'note'}: ${describeEntry(entry)}`
    const kind = kinds.get(isListed ? name : OTHERS) ?? {
      count: 0,
      first: isListed ? sentence : null,
    }
    kind.count += 1
    kinds.set(isListed ? name : OTHERS, kind)
    if (isListed && kind.count <= EXAMPLES_MAX) process.stderr.write(`${printable(sentence)}\n`)
  }

  return {
    add(entry: ImportEntry): void {
      const { kind, line, id, notes } = entry
      progress()
      if (notes.length > 0) show(entry)
      const isReported = notes.length > 0 || kind === 'changed' || kind === 'refused'
      if (file !== null && isReported) writeSync(file, toCsvLine([line, id, kind, notes.join(' ')]))
    },
    printSummary(summary: ImportSummary): void {
      printMore([...kinds.values()], report)
      printPlans(summary.missingPlans)
      printLine(formatSummary(summary, isDryRun))
      if (isDryRun) printLine('Nothing was written.')
    },
    [Symbol.dispose]: () => {
      if (file !== null) closeSync(file)
    },
  }
}

function describeEntry({ line, id, notes }: ImportEntry): string {
  return `${id === null ? `line ${line}` : `line ${line} (${id})`}: ${notes.join(' ')}`
}

function openReport(path: string): number {
  requireNewPath(path)
  requireWritable(dirname(path))
  const file = openSync(path, 'wx', 0o600)
  writeSync(file, toCsvLine(['line', 'id', 'result', 'detail']))
  return file
}

/** Writes to standard error how many records were read, at most once a second. */
function createProgress(): () => void {
  let records = 0
  let nextMs = performance.now() + PROGRESS_MS
  return () => {
    records += 1
    const nowMs = performance.now()
    if (nowMs < nextMs) return
    nextMs = nowMs + PROGRESS_MS
    process.stderr.write(`${records} records so far\n`)
  }
}

/** Says how many records were not printed, and which printed ones they are like. */
function printMore(kinds: readonly Kind[], report?: string): void {
  const lines = kinds
    .map(({ count, first }) => ({ first, more: first === null ? count : count - EXAMPLES_MAX }))
    .filter(({ more }) => more > 0)
    .map(({ first, more }) =>
      first === null
        ? `… and ${more} of other kinds`
        : `… and ${more} more like ${printable(first)}`,
    )
  if (lines.length === 0) return
  const place = report === undefined ? 'For all, use --report FILE.' : `All are in ${report}.`
  process.stderr.write(`${lines.join('\n')}\n${place}\n`)
}

/** Says how each missing plan can be mapped, and how it is created. */
function printPlans(missing: ImportSummary['missingPlans']): void {
  if (missing.size === 0) return
  const lines = [...missing]
    .sort(([, first], [, second]) => second - first)
    .slice(0, PLANS_MAX)
    .map(([name, count]) => `  ${count} × ${printable(name)}: --plan ${quote(`${name}=SLUG`)}`)
  const [example = ''] = missing.keys()
  const slug = example
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 64)
  const body = JSON.stringify({
    slug: slug || 'plan',
    name: printable(example),
    product: 'PRODUCT',
  })
  process.stderr.write(`These plans of the source are none of yours. Map each to one of yours with:
${lines.join('\n')}
A plan that has its name in lowercase as a slug needs no map. To create one, set its terms and run:
  curl $URL/api/v1/plans -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d ${quote(body)}
`)
}

/** Quotes a word for a shell. */
const quote = (text: string) => `'${printable(text).replaceAll("'", `'\\''`)}'`

function formatSummary({ counts, activations, noted }: ImportSummary, isDryRun: boolean): string {
  const { imported, existing, changed, refused, other } = counts
  const parts = [
    `${imported} imported`,
    `${existing} already there`,
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(other > 0 ? [`${other} about no license`] : []),
  ]
  const start = isDryRun ? 'An import would have this result: ' : ''
  const end = noted > 0 ? ` ${noted} with a note.` : ''
  const noun = activations === 1 ? 'activation' : 'activations'
  return `${start}${parts.join(', ')}; ${activations} ${noun} created.${end}`
}
