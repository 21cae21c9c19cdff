import type { Reading } from './end.ts'
import { type Engine, keyOf, type Row, type Table } from './table.ts'

const SUM_BITS = 64
const ROWS_FIRST = 50
const ROWS_MAX = 10_000
const GROWTH_MAX = 8
const BATCH_CHARACTERS = 4_000_000
const NUMBER_CHARACTERS = 8

/** How much of a table has been moved. */
export interface Part {
  readonly rows: number
  /** The sum of a hash of each row, so it does not depend on their order. */
  readonly sum: string
  /** The key of the last row; null before the first. */
  readonly last: Row | null
}

/** How far a move has come. It is stored in the target. */
export interface Progress {
  /** Identifies the rows of the source, so that a move never continues with others. */
  readonly source: string
  readonly parts: Readonly<Record<string, Part>>
}

export const nothing: Part = { rows: 0, sum: '0', last: null }

export const findPart = ({ parts }: Progress, { name }: Table): Part => parts[name] ?? nothing

/** Returns the part with more rows of the table, which follow it in the order of this engine. */
export function addRows(table: Table, engine: Engine, part: Part, rows: readonly Row[]): Part {
  const last = rows.at(-1)
  if (last === undefined) return part
  let sum = BigInt(part.sum)
  for (const row of rows) sum += Bun.hash.wyhash(JSON.stringify(row))
  return {
    rows: part.rows + rows.length,
    sum: String(BigInt.asUintN(SUM_BITS, sum)),
    last: keyOf(table, engine, last),
  }
}

export function setPart(progress: Progress, { name }: Table, part: Part): Progress {
  return { ...progress, parts: { ...progress.parts, [name]: part } }
}

/** Reads all rows of a table in batches of about the same size in memory. */
export async function* readBatches(
  { engine, read }: Pick<Reading, 'engine' | 'read'>,
  table: Table,
  first: Row | null,
): AsyncGenerator<readonly Row[]> {
  let after = first
  let max = ROWS_FIRST
  for (;;) {
    const rows = await read(table, after, max)
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    if (rows.length < max) return
    after = keyOf(table, engine, last)
    max = Math.max(
      1,
      Math.min(max * GROWTH_MAX, ROWS_MAX, Math.floor(BATCH_CHARACTERS / sizeOf(rows))),
    )
  }
}

/** Returns the average number of characters of these rows. */
export function sizeOf(rows: readonly Row[]): number {
  let sum = 0
  for (const row of rows)
    for (const value of row) sum += typeof value === 'string' ? value.length : NUMBER_CHARACTERS
  return Math.max(1, sum / rows.length)
}
