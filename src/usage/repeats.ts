import { getBucket, getBucketStart, type ValidationRecord } from '~/domain/usage.ts'
import {
  findLicenseId,
  formatFacts,
  formatLate,
  isRefused,
  type LateFacts,
  parseFacts,
  splitLate,
  splitRecords,
} from './records.ts'
import { getShard, SHARDS } from './shards.ts'

/** Refused validations that are stored individually, per license per minute. The rest are only counted. */
const REFUSED_PER_MINUTE_MAX = 60
const MINUTE_MS = 60_000
/** Validations that a repetition is recognized of. With more, the oldest are stored once more. */
const RECENT_MAX = 100_000
/** Ends the facts of refusals that have no row, and tells them from equal ones that have. */
const COUNTED = ' '

/** Identical validations within a minute, which share a row of the history. */
export interface Repeat {
  readonly facts: string
  readonly atMs: number
  /** It has only validations before this time. */
  readonly endMs: number
  /** Whether it has a row. Otherwise it is only counted. */
  readonly isStored: boolean
  /** Whether an edge has sent it, perhaps long after. */
  readonly isLate: boolean
  readonly shard: Shard
  lastAtMs: number
  /** Those that are not folded yet, the time of the first, and the place among `unfolded`. */
  count: number
  unfoldedAtMs: number
  place: number
  /** Its number among the rows of the same license and millisecond, once it has a row. */
  nth: number | null
}

/** Validations to be staged. A later one refers to an earlier one that is equal, also in another row. */
export interface Staged {
  /** Lines, see `records.ts`: the first validation of each repeat since the last fold. */
  readonly text: string
  /** For any further validation, the place of its repeat, and how long after the first it was. */
  readonly again: Int32Array
  /** Lines of `formatLate`. */
  readonly late: string
}

interface Shard {
  unfolded: Repeat[]
  unfoldedLate: Repeat[]
  lines: string[]
  again: number[]
  lateLines: string[]
}

/** Late ones have other times, so they are recognized apart: neither makes the others forgotten. */
type Source = ReturnType<typeof createSource>

export type Repeats = ReturnType<typeof createRepeats>

/** Finds identical validations. Their count and time change in place. */
export function createRepeats() {
  const own = createSource(false)
  const late = createSource(true)
  const shards = Array.from({ length: SHARDS }, createShard)

  function add(atMs: number, facts: string): void {
    const repeat = findOrBegin(own, atMs, facts)
    if (repeat.count === 0) enlist(repeat, atMs)
    else {
      addAgain(repeat, atMs)
      repeat.shard.again.push(repeat.place, atMs - repeat.unfoldedAtMs)
    }
  }

  function addLate({ atMs, lastAtMs, count, facts }: LateFacts): void {
    const repeat = findOrBegin(late, atMs, facts)
    const { shard } = repeat
    if (repeat.count === 0) shard.unfoldedLate.push(repeat)
    repeat.count += count
    repeat.lastAtMs = Math.max(repeat.lastAtMs, lastAtMs)
    shard.lateLines.push(formatLate({ atMs, lastAtMs, count, facts: repeat.facts }))
  }

  function findOrBegin(source: Source, atMs: number, facts: string): Repeat {
    const known = source.recent.get(facts)
    if (known !== undefined && atMs >= known.atMs && atMs < known.endMs) return known
    if (facts.endsWith(COUNTED) || !isRefused(facts)) return remember(source, atMs, facts)
    const record = parseFacts(facts, atMs)
    if (source.isStored(record)) return remember(source, atMs, facts)
    return findOrBegin(source, atMs, toCountedFacts(record))
  }

  function remember({ recent, isLate }: Source, atMs: number, text: string): Repeat {
    const facts = copyText(text)
    const shard = shards[getShard(findLicenseId(facts))] ?? createShard()
    const repeat = {
      ...{ facts, atMs, endMs: findEnd(atMs), isStored: !facts.endsWith(COUNTED), isLate, shard },
      ...{ lastAtMs: atMs, count: 0, unfoldedAtMs: atMs, place: 0, nth: null },
    }
    recent.add(repeat)
    return repeat
  }

  return {
    /** Adds the validations of a text. */
    add: (text: string): void => {
      for (const [atMs, facts] of splitRecords(text)) add(atMs, facts)
    },
    /** Adds the validations in lines of `formatLate`. */
    addLate: (text: string): void => {
      for (const facts of splitLate(text)) addLate(facts)
    },
    /** Adds what was staged. The rows of a shard must come in their order. */
    addStaged: (shard: number, { text, again, late: lateText }: Staged): void => {
      for (const [atMs, facts] of splitRecords(text)) enlist(remember(own, atMs, facts), atMs)
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
      own.recent.clear()
      late.recent.clear()
    },
  }
}

const createSource = (isLate: boolean) => ({
  isLate,
  recent: createRecent(),
  isStored: createStoredTest(),
})

/** Remembers repeats by their facts: those of about the last minute, and those of the one before. */
function createRecent() {
  let current = new Map<string, Repeat>()
  let former = new Map<string, Repeat>()
  let currentSinceMs = 0

  return {
    get: (facts: string): Repeat | undefined => current.get(facts) ?? former.get(facts),
    add: (repeat: Repeat): void => {
      const { facts, atMs } = repeat
      if (current.size >= RECENT_MAX || Math.abs(atMs - currentSinceMs) >= MINUTE_MS) {
        former = current
        current = new Map()
        currentSinceMs = atMs
      }
      current.set(facts, repeat)
    },
    clear: (): void => {
      current = new Map()
      former = new Map()
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

/** Copies a part of a large text, which would otherwise stay in memory as a whole. */
function copyText(part: string): string {
  return [part.slice(0, 1), part.slice(1)].join('')
}

/** A row belongs to one hour, so that series by hour are exact. */
function findEnd(atMs: number): number {
  return Math.min(atMs + MINUTE_MS, getBucketStart(getBucket(atMs, 'hour') + 1, 'hour'))
}

/** Returns a function that accepts the first different refusals of a license in each minute. */
function createStoredTest(): (record: ValidationRecord) => boolean {
  const refusals = new Map<string, number>()
  let minute = 0
  return ({ licenseId, atMs }) => {
    const current = Math.floor(atMs / MINUTE_MS)
    if (current !== minute) refusals.clear()
    minute = current
    const count = (refusals.get(licenseId) ?? 0) + 1
    refusals.set(licenseId, count)
    return count <= REFUSED_PER_MINUTE_MAX
  }
}

/** Returns the facts that a refusal is counted under, without those that its row would have. */
function toCountedFacts(record: ValidationRecord): string {
  const blank = { domain: null, fingerprint: null, address: null, version: null, sharing: null }
  return formatFacts({ ...record, ...blank }) + COUNTED
}
