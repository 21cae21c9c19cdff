import type { Sample, Source } from './end.ts'
import { addRows, nothing, sizeOf } from './progress.ts'
import type { Table } from './table.ts'

const SAMPLE_ROWS_MAX = 2000
/** Rows may be long, such as the bodies of checkout events. */
const FIRST_ROWS = 50
const SAMPLE_CHARACTERS_MAX = 4_000_000

/** The size and time of the move of a table. */
export interface Estimate {
  readonly name: string
  readonly rows: number
  readonly bytes: number
  readonly seconds: number
}

/** Moves the first rows of each table to a place that is then forgotten, and measures it. */
export async function estimateMove(source: Source, sample: Sample): Promise<readonly Estimate[]> {
  const estimates: Estimate[] = []
  for (const table of source.tables) {
    const rows = await source.count(table)
    const { bytes, seconds } = rows === 0 ? none : await measure(source, sample, table)
    const estimate = { bytes: Math.round(bytes * rows), seconds: seconds * rows }
    estimates.push({ name: table.name, rows, ...estimate })
  }
  return estimates
}

const none = { bytes: 0, seconds: 0 }

/** Returns the size and time of one row, on average. */
async function measure(source: Source, sample: Sample, table: Table) {
  const first = await source.read(table, null, FIRST_ROWS)
  const max = Math.ceil(SAMPLE_CHARACTERS_MAX / sizeOf(first))
  const startedAtMs = performance.now()
  const rows = await source.read(table, null, Math.min(SAMPLE_ROWS_MAX, max))
  addRows(table, source.engine, nothing, rows)
  await sample.write(table, rows)
  addRows(table, sample.engine, nothing, await sample.read(table, null, rows.length))
  const seconds = (performance.now() - startedAtMs) / 1000
  return { bytes: sizeOf(rows), seconds: seconds / Math.max(1, rows.length) }
}
