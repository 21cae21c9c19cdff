import type { Database } from 'bun:sqlite'
import { addToCounters, type CountersByLicense } from '~/domain/usage.ts'
import { findLicenseId, isRefused } from './records.ts'
import { createRepeats, type Repeats, type Staged } from './repeats.ts'
import { SHARDS } from './shards.ts'

/** SQL for the number of the last batch that the counters include, for an expression with the shard. */
export const lastFoldedOf = (shard: string) =>
  `coalesce((SELECT min(number) - 1 FROM staged WHERE shard = ${shard}),
     (SELECT number FROM batches), 0)`

interface Row {
  readonly shard: number
  readonly number: number
  readonly text: string
  readonly again: Uint8Array
  readonly late: string
}

/** Prepares the table of validations that are on disk, but not in the other tables yet. */
export function createStagedTable(db: Database) {
  const insert = db.query<never, [number, number, string, Int32Array, string]>(
    'INSERT INTO staged (shard, number, text, again, late) VALUES (?, ?, ?, ?, ?)',
  )
  const deleteShard = db.query('DELETE FROM staged WHERE shard = ?')
  const listFirst = Array.from({ length: SHARDS }, (_, shard) => lastFoldedOf(`${shard}`))
  const selectLastFolded = db.query(`SELECT ${listFirst.join()}`)

  return {
    /** Stages what a batch has added to each shard. */
    insert: (number: number, shards: readonly (Staged | null)[]): void => {
      for (const [shard, staged] of shards.entries()) {
        if (staged === null) continue
        insert.run(shard, number, staged.text, staged.again, staged.late)
      }
    },
    delete: (shard: number): void => void deleteShard.run(shard),
    /** Returns, for each shard, the number of the last batch that is folded. */
    listLastFolded: (): readonly number[] =>
      (selectLastFolded.values()[0] ?? []).map((number) => Number(number)),
  }
}

/** Returns the validations that are staged, and the number of the last batch in each shard. */
export function readStaged(db: Database, schema = 'main') {
  const repeats: Repeats = createRepeats()
  const lastBatches: number[] = Array(SHARDS).fill(0)
  // A file that was not upgraded yet has no such column.
  const hasLate = db.query("SELECT 1 FROM pragma_table_info('staged', ?) WHERE name = 'late'")
  const late = hasLate.get(schema) === null ? "''" : 'late'
  const rows = db.query<Row, []>(
    `SELECT shard, number, text, again, ${late} AS late FROM ${schema}.staged ORDER BY shard, number`,
  )
  for (const { shard, number, again, ...row } of rows.iterate()) {
    // Copied, because numbers must be aligned in memory.
    repeats.addStaged(shard, { ...row, again: new Int32Array(again.slice().buffer) })
    lastBatches[shard] = number
  }
  return { repeats, lastBatches }
}

/** The counters of licenses that are staged in a shard, in batches up to a number. */
export interface StagedCounters {
  readonly lastBatch: number
  readonly counters: CountersByLicense
}

/** Returns what each shard adds to the counters of licenses that are in the file. */
export function readStagedCounters(db: Database, schema = 'main'): readonly StagedCounters[] {
  const { repeats, lastBatches } = readStaged(db, schema)
  return lastBatches.map((lastBatch, shard) => {
    const counters: CountersByLicense = new Map()
    for (const repeat of repeats.listUnfolded(shard)) {
      const { facts } = repeat
      if (!isRefused(facts)) addToCounters(counters, findLicenseId(facts), repeat)
    }
    return { lastBatch, counters }
  })
}
