import { cpus, totalmem } from 'node:os'
import type { FaultsResult } from './run.ts'
import { type SteadyResult, series } from './steady.ts'

type Cells = readonly (string | number)[]

/** Returns a table as Markdown, or aligned for a terminal. The first row is its head. */
function formatTable(rows: readonly Cells[], isMarkdown: boolean): string {
  const texts = rows.map((row) => row.map(String))
  const [head = [], ...body] = texts
  if (isMarkdown) {
    const rule = head.map((_, index) => (index === 0 ? '---' : '--:'))
    return [head, rule, ...body].map((row) => `| ${row.join(' | ')} |`).join('\n')
  }
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)))
  const align = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)
  return texts.map((row) => row.map(align).join('  ').trimEnd()).join('\n')
}

export function describeMachine(): string {
  const git = Bun.spawnSync(['git', 'describe', '--always', '--dirty', '--exclude=*'])
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `revision ${git.stdout.toString().trim()}, ${cpus().length} × ${cpus()[0]?.model}, ${gigabytes} GB`
}

/** Returns the table of faults and their outcomes, and the totals below it. */
export function describeFaults(result: FaultsResult, isMarkdown: boolean): string {
  const rows = [...result.outcomes].map(([name, outcome]) => [
    name,
    outcome.times,
    outcome.kills,
    outcome.lost,
    outcome.wrong,
    outcome.refused,
    formatTimes(outcome.recoveredMs),
  ])
  const head = [
    'fault',
    'times',
    'kills',
    'lost',
    'wrong',
    'refused, and said why',
    'recovered in ms: median, longest',
  ]
  const outcomes = [...result.outcomes.values()]
  const kills = outcomes.reduce((sum, outcome) => sum + outcome.kills, 0)
  const { world, drainMs } = result
  const lines = [
    formatTable([head, ...rows], isMarkdown),
    '',
    `${format(kills)} kills, ${format(world.ledger.count())} acknowledged changes, ${format(world.licenses.size)} licenses and ${format(result.events)} events in ${format(result.seconds)} s.`,
    `In the end: ${countOf(result, 'lost')} lost, ${countOf(result, 'wrong')} wrong.`,
    `${format(result.deliveries)} deliveries, the last ${drainMs === null ? 'never' : `${format(drainMs / 1000)} s`} after the check, beside ${format(result.hangingAttempts)} to a receiver that never responds.`,
    ...result.notPossible.map(
      (name) => `Not tried, because this machine does not allow it: ${name}.`,
    ),
  ]
  return lines.join('\n')
}

/** Returns the table of what a server used under steady load. */
export function describeSteady(result: SteadyResult, isMarkdown: boolean): string {
  const rows = result.lines.map((line) => [
    line.name,
    `${format(line.first)} ${series[line.name].unit}`.trim(),
    `${format(line.last)} ${series[line.name].unit}`.trim(),
    `${format(line.average)} ${series[line.name].unit}`.trim(),
    `${format(line.slopePerHour)} ± ${format(line.errorPerHour)}`,
    series[line.name].flatPerHour,
    line.isFlat ? 'flat' : 'NOT FLAT',
  ])
  const head = ['measured', 'first', 'last', 'average', 'slope per hour', 'flat up to', 'verdict']
  return [
    formatTable([head, ...rows], isMarkdown),
    '',
    `Averages of sixths of the time: ${result.lines.map(formatParts).join('; ')}.`,
    `${format(result.requests)} requests, ${format(result.changes)} acknowledged changes, ${result.samples} samples.`,
    `In the end: ${countOf(result, 'lost')} lost, ${countOf(result, 'wrong')} wrong.`,
  ].join('\n')
}

function formatParts({ name, parts }: SteadyResult['lines'][number]): string {
  return `${name} ${parts.map(format).join(', ')} ${series[name].unit}`.trim()
}

type Found = FaultsResult | SteadyResult
const findingsOf = (result: Found) => ('world' in result ? result.world : result).findings
const countOf = (result: Found, kind: 'lost' | 'wrong') =>
  findingsOf(result).filter((finding) => finding.kind === kind).length

function formatTimes(values: readonly number[]): string {
  const sorted = values.toSorted((first, second) => first - second)
  const median = sorted[Math.floor(sorted.length / 2)]
  return median === undefined ? '' : `${format(median)}, ${format(sorted.at(-1) ?? 0)}`
}

function format(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 2
  return value.toLocaleString('en', { maximumFractionDigits: digits })
}
