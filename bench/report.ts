import type { LoadResult } from './load.ts'

/** One line of a table: a server or a kind of request, with its results of all rounds. */
export interface Row {
  readonly name: string
  readonly results: readonly LoadResult[]
}

/** Prints the medians over all rounds. */
export function printTable(rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length))
  console.log(`${''.padEnd(width)}     req/s  p50 (ms)  p99 (ms)`)
  for (const { name, results } of rows) {
    const rate = median(results.map(({ requestsPerSecond }) => requestsPerSecond)).toFixed(0)
    const p50 = median(results.map(({ p50Ms }) => p50Ms)).toFixed(2)
    const p99 = median(results.map(({ p99Ms }) => p99Ms)).toFixed(2)
    console.log(name.padEnd(width) + rate.padStart(10) + p50.padStart(10) + p99.padStart(10))
  }
}

/**
 * Prints the median ratio of the two request rates. Rates are compared within each round, so that a
 * slow phase of the machine affects both.
 */
export function printRatio(label: string, first: Row, second: Row): void {
  const ratios = first.results.map(({ requestsPerSecond }, round) => {
    return requestsPerSecond / (second.results[round]?.requestsPerSecond ?? Number.NaN)
  })
  console.log(`${label}: ${median(ratios).toFixed(2)}`)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((first, second) => first - second)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  const high = sorted[Math.floor(middle)] ?? Number.NaN
  return (low + high) / 2
}
