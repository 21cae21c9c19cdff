import type { ValidationRecord } from '~/domain/usage.ts'
import { nextTurn } from '~/turns.ts'
import { splitLate, splitRecords } from '../records.ts'
import { createRepeatSource, type Repeat, type Shard } from '../repeat-source.ts'

/** Numbers of rows start again after this, long after any other row of the same millisecond. */
const ROWS_MAX = 2_147_483_647
/** Lines that are planned before requests are answered again. */
const LINES_PER_TURN = 1000

/** The part of a batch that belongs to one row: `count` validations, the last of them at `lastAtMs`. */
export interface Addition {
  /** See `records.ts`. */
  readonly facts: string
  /** The time of the first validation of the row. */
  readonly atMs: number
  readonly lastAtMs: number
  readonly count: number
  /** Whether an edge has sent it, perhaps long after. */
  readonly isLate: boolean
  /** The number of its row; null if it is only counted. */
  readonly nth: number | null
  /** Whether the batch begins the row. An earlier one may have done so, and may have failed. */
  readonly isNew: boolean
}

/** An addition with its validation, whose time is that of the row. */
export interface ParsedAddition extends Addition {
  readonly record: ValidationRecord
}

export type Planner = ReturnType<typeof createPlanner>

/** The shards of a usage file are not used here. */
const unused: Shard = { unfolded: [], unfoldedLate: [], lines: [], again: [], lateLines: [] }

/** Finds out which validations of this process share a row. */
export function createPlanner() {
  const own = createRepeatSource(false, () => unused)
  const late = createRepeatSource(true, () => unused)
  let lastRow = 0

  function add(repeat: Repeat, touched: Repeat[], count: number, lastAtMs: number): void {
    if (repeat.count === 0) touched.push(repeat)
    repeat.count += count
    repeat.lastAtMs = Math.max(repeat.lastAtMs, lastAtMs)
  }

  /** Ends the additions of a batch to a row. */
  function take(repeat: Repeat): Addition {
    const { facts, atMs, count, lastAtMs, isLate, isStored, nth } = repeat
    repeat.count = 0
    if (isStored && nth === null) {
      lastRow = (lastRow + 1) % ROWS_MAX
      repeat.nth = lastRow
    }
    return { facts, atMs, lastAtMs, count, isLate, nth: repeat.nth, isNew: nth === null }
  }

  return {
    /** Plans the rows of some lines of `formatRecord`. */
    plan: async (text: string): Promise<readonly Addition[]> => {
      const touched: Repeat[] = []
      let lines = 0
      for (const [atMs, facts] of splitRecords(text)) {
        add(own.findOrBegin(atMs, facts), touched, 1, atMs)
        lines += 1
        if (lines % LINES_PER_TURN === 0) await nextTurn()
      }
      return touched.map(take)
    },
    /** Plans those of an edge, which are lines of `formatLate`. */
    planLate: (text: string): readonly Addition[] => {
      const touched: Repeat[] = []
      for (const { atMs, lastAtMs, count, facts } of splitLate(text)) {
        add(late.findOrBegin(atMs, facts), touched, count, lastAtMs)
      }
      return touched.map(take)
    },
    /** Begins new rows from here on, because these have changed. */
    forget: () => {
      own.clear()
      late.clear()
    },
  }
}
