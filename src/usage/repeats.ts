import { getBucket, type ValidationRecord } from '~/domain/usage.ts'
import { formatFacts, isRefused, parseFacts, splitRecords } from './records.ts'

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
  lastAtMs: number
  /** Those that are not written yet. */
  count: number
  /** Its number among the rows of the same license and millisecond, once it is written. */
  nth: number | null
  /** Whether it has a row. Otherwise it is only counted. */
  readonly isStored: boolean
}

export type Repeats = ReturnType<typeof createRepeats>

/** Finds identical validations. Their count and time change in place. */
export function createRepeats() {
  /** By their facts: those of about the last minute, and those of the one before. */
  let recent = new Map<string, Repeat>()
  let former = new Map<string, Repeat>()
  let recentSinceMs = 0
  let unwritten: Repeat[] = []
  const isStored = createStoredTest()

  /** Returns a repeat that begins with this validation; null if it continues one. */
  function add(atMs: number, facts: string): Repeat | null {
    const known = recent.get(facts) ?? former.get(facts)
    if (known === undefined || !continues(known, atMs)) return begin(atMs, facts)
    if (known.count === 0) unwritten.push(known)
    known.count += 1
    known.lastAtMs = Math.max(known.lastAtMs, atMs)
    return null
  }

  function begin(atMs: number, facts: string): Repeat | null {
    const isOnlyCounted = facts.endsWith(COUNTED)
    if (isOnlyCounted || !isRefused(facts)) return remember(atMs, facts, !isOnlyCounted)
    const record = parseFacts(facts, atMs)
    if (isStored(record)) return remember(atMs, facts, true)
    return add(atMs, toCountedFacts(record))
  }

  function remember(atMs: number, facts: string, hasRow: boolean): Repeat {
    if (recent.size >= RECENT_MAX || Math.abs(atMs - recentSinceMs) >= MINUTE_MS) {
      former = recent
      recent = new Map()
      recentSinceMs = atMs
    }
    const repeat = { facts, atMs, lastAtMs: atMs, count: 1, nth: null, isStored: hasRow }
    recent.set(facts, repeat)
    unwritten.push(repeat)
    return repeat
  }

  return {
    /** Adds the validations of a text. Returns the repeats that begin with one of them. */
    add: (text: string): readonly Repeat[] => {
      const begun: Repeat[] = []
      for (const [atMs, facts] of splitRecords(text)) {
        const repeat = add(atMs, facts)
        if (repeat !== null) begun.push(repeat)
      }
      return begun
    },
    /** Returns the repeats that were added or continued since this was called last. */
    takeUnwritten: (): readonly Repeat[] => {
      const taken = unwritten
      unwritten = []
      return taken
    },
    countUnwritten: () => unwritten.length,
    /** Begins new repeats from here on, because the rows of these have changed. */
    forget: () => {
      recent = new Map()
      former = new Map()
    },
  }
}

/** A row belongs to one hour, so that series by hour are exact. */
function continues({ atMs: firstMs }: Repeat, atMs: number): boolean {
  const isSameMinute = atMs >= firstMs && atMs < firstMs + MINUTE_MS
  return isSameMinute && getBucket(atMs, 'hour') === getBucket(firstMs, 'hour')
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
