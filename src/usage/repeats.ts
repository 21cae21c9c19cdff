import { findLicenseId, formatLate, type LateFacts, splitLate, splitRecords } from './records.ts'
import { createRepeatSource, type Repeat, type Shard } from './repeat-source.ts'
import { getShard, SHARDS } from './shards.ts'

/** Validations to be staged. A later one refers to an earlier one that is equal, also in another row. */
export interface Staged {
  /** Lines, see `records.ts`: the first validation of each repeat since the last fold. */
  readonly text: string
  /** For any further validation, the place of its repeat, and how long after the first it was. */
  readonly again: Int32Array
  /** Lines of `formatLate`. */
  readonly late: string
}

export type Repeats = ReturnType<typeof createRepeats>

/** Finds identical validations. Their count and time change in place. */
export function createRepeats() {
  const shards = Array.from({ length: SHARDS }, createShard)
  const findShard = (facts: string) => shards[getShard(findLicenseId(facts))] ?? createShard()
  const own = createRepeatSource(false, findShard)
  const late = createRepeatSource(true, findShard)

  function add(atMs: number, facts: string): void {
    const repeat = own.findOrBegin(atMs, facts)
    if (repeat.count === 0) enlist(repeat, atMs)
    else {
      addAgain(repeat, atMs)
      repeat.shard.again.push(repeat.place, atMs - repeat.unfoldedAtMs)
    }
  }

  function addLate({ atMs, lastAtMs, count, facts }: LateFacts): void {
    const repeat = late.findOrBegin(atMs, facts)
    const { shard } = repeat
    if (repeat.count === 0) shard.unfoldedLate.push(repeat)
    repeat.count += count
    repeat.lastAtMs = Math.max(repeat.lastAtMs, lastAtMs)
    shard.lateLines.push(formatLate({ atMs, lastAtMs, count, facts: repeat.facts }))
  }

  return {
    /** Adds the validations of a text, and of those that edges have sent, with lines of `formatLate`. */
    add: (text: string, lateTexts: readonly string[] = []): void => {
      for (const [atMs, facts] of splitRecords(text)) add(atMs, facts)
      for (const facts of lateTexts.flatMap((late) => [...splitLate(late)])) addLate(facts)
    },
    /** Adds what was staged. The rows of a shard must come in their order. */
    addStaged: (shard: number, { text, again, late: lateText }: Staged): void => {
      for (const [atMs, facts] of splitRecords(text)) enlist(own.begin(atMs, facts), atMs)
      addAllAgain(shards[shard]?.unfolded ?? [], again)
      for (const facts of splitLate(lateText)) addLate(facts)
      takeStaged(shards[shard])
    },
    /** Returns what was added to each shard since the last call; null if nothing was. */
    takeStaged: (): readonly (Staged | null)[] => shards.map(takeStaged),
    /** Returns the repeats of a shard that were added or continued since its last fold. */
    listUnfolded: (shard: number): readonly Repeat[] => listUnfolded(shards[shard]),
    /** Returns the shards that have more of them than this. */
    listLarger: (max: number): readonly number[] =>
      [...shards.keys()].filter((index) => countUnfolded(shards[index]) > max),
    countUnfolded: () => shards.reduce((sum, shard) => sum + countUnfolded(shard), 0),
    /** Ends a fold: all repeats of the shard are in the tables. */
    endFold: (shard: number): void => {
      for (const repeat of listUnfolded(shards[shard])) repeat.count = 0
      shards[shard]?.unfolded.splice(0)
      shards[shard]?.unfoldedLate.splice(0)
    },
    /** Begins new repeats from here on, because the rows of these have changed. */
    forget: () => {
      own.clear()
      late.clear()
    },
  }
}

const createShard = (): Shard => ({
  unfolded: [],
  unfoldedLate: [],
  lines: [],
  again: [],
  lateLines: [],
})

const countUnfolded = (shard: Shard | undefined) =>
  (shard?.unfolded.length ?? 0) + (shard?.unfoldedLate.length ?? 0)

const listUnfolded = (shard: Shard | undefined): readonly Repeat[] => [
  ...(shard?.unfolded ?? []),
  ...(shard?.unfoldedLate ?? []),
]

/** Adds the first validation of a repeat since the last fold. */
function enlist(repeat: Repeat, atMs: number): void {
  const { shard, facts } = repeat
  repeat.count = 1
  repeat.lastAtMs = Math.max(repeat.lastAtMs, atMs)
  repeat.unfoldedAtMs = atMs
  repeat.place = shard.unfolded.push(repeat) - 1
  shard.lines.push(atMs + facts)
}

function addAgain(repeat: Repeat, atMs: number): void {
  repeat.count += 1
  repeat.lastAtMs = Math.max(repeat.lastAtMs, atMs)
}

function addAllAgain(unfolded: readonly Repeat[], again: Int32Array): void {
  for (let index = 0; index < again.length; index += 2) {
    const repeat = unfolded[again[index] ?? 0]
    if (repeat !== undefined) addAgain(repeat, repeat.unfoldedAtMs + (again[index + 1] ?? 0))
  }
}

function takeStaged(shard: Shard | undefined): Staged | null {
  if (shard === undefined) return null
  const { lines, again, lateLines } = shard
  if (lines.length + again.length + lateLines.length === 0) return null
  shard.lines = []
  shard.again = []
  shard.lateLines = []
  return { text: lines.join('\n'), again: Int32Array.from(again), late: lateLines.join('\n') }
}
