/** A limit of the median, and the value that we would like to see. */
export type Target = ({ readonly atMost: number } | { readonly atLeast: number }) & {
  readonly goal?: number
}

/** One line of the table. */
export interface Row {
  readonly name: string
  /** One value per round. The line shows their median, and their range as the spread. */
  readonly values: readonly number[]
  readonly unit: string
  /** CPU time of the whole process per request, one value per round. */
  readonly cpuMicros?: readonly number[]
  readonly target?: Target
}

export type Report = ReturnType<typeof createReport>

const COLUMNS = ['measurement', 'median', 'spread', 'CPU/request', 'target', 'goal', 'met']
const WIDTHS = [64, 14, 17, 12, 10, 8, 5]

/** Prints each line as soon as it is measured. */
export function createReport(isMarkdown: boolean) {
  const verdicts: string[] = []
  const print = (cells: readonly string[]) =>
    console.log(isMarkdown ? `| ${cells.join(' | ')} |` : alignCells(cells))

  return {
    begin(machine: string): void {
      console.log(`${machine}\n`)
      print(COLUMNS)
      if (isMarkdown) print(COLUMNS.map((_, index) => (index === 0 ? '---' : '--:')))
    },
    beginSection(name: string): void {
      print([isMarkdown ? `**${name}**` : `\n${name}`, ...Array(COLUMNS.length - 1).fill('')])
    },
    add({ name, values, unit, cpuMicros, target }: Row): void {
      const verdict = target === undefined ? '' : judge(median(values), target)
      verdicts.push(verdict)
      print([
        name,
        `${formatNumber(median(values))} ${unit}`,
        values.length < 2 ? '' : formatSpread(values),
        cpuMicros === undefined ? '' : `${formatNumber(median(cpuMicros))} µs`,
        target === undefined ? '' : formatLimit(target),
        target?.goal === undefined ? '' : String(target.goal),
        verdict,
      ])
    },
    end(): void {
      const judged = verdicts.filter((verdict) => verdict !== '')
      const met = judged.filter((verdict) => verdict !== 'no').length
      console.log(`\n${met} of ${judged.length} targets are met.`)
    },
  }
}

function alignCells(cells: readonly string[]): string {
  return cells
    .map((cell, index) =>
      index === 0 ? cell.padEnd(WIDTHS[0] ?? 0) : cell.padStart(WIDTHS[index] ?? 0),
    )
    .join('')
    .trimEnd()
}

function judge(value: number, target: Target): 'goal' | 'yes' | 'no' {
  const reaches = (limit: number) => ('atMost' in target ? value <= limit : value >= limit)
  if (!reaches('atMost' in target ? target.atMost : target.atLeast)) return 'no'
  return target.goal !== undefined && reaches(target.goal) ? 'goal' : 'yes'
}

function formatLimit(target: Target): string {
  return 'atMost' in target
    ? `≤ ${target.atMost.toLocaleString('en')}`
    : `≥ ${target.atLeast.toLocaleString('en')}`
}

function formatSpread(values: readonly number[]): string {
  return `${formatNumber(Math.min(...values))}–${formatNumber(Math.max(...values))}`
}

function formatNumber(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((first, second) => first - second)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  const high = sorted[Math.floor(middle)] ?? Number.NaN
  return (low + high) / 2
}
