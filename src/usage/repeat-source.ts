import { MINUTE_MS } from '~/domain/times.ts'
import { getBucket, getBucketStart, type ValidationRecord } from '~/domain/usage.ts'
import { formatFacts, isRefused, parseFacts } from './records.ts'

/** Refused validations that are stored individually, per license per minute. The rest are only counted. */
const REFUSED_PER_MINUTE_MAX = 60
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

export interface Shard {
  unfolded: Repeat[]
  unfoldedLate: Repeat[]
  lines: string[]
  again: number[]
  lateLines: string[]
}

export type RepeatSource = ReturnType<typeof createRepeatSource>

/**
 * Finds out which validations continue a repeat. Late ones have a source of their own: their other
 * times would make it forget the repeats of the others.
 */
export function createRepeatSource(isLate: boolean, findShard: (facts: string) => Shard) {
  const recent = createRecent()
  const isStored = createStoredTest()

  function remember(atMs: number, text: string): Repeat {
    const facts = copyText(text)
    const shard = findShard(facts)
    const repeat = {
      ...{ facts, atMs, endMs: findEnd(atMs), isStored: !facts.endsWith(COUNTED), isLate, shard },
      ...{ lastAtMs: atMs, count: 0, unfoldedAtMs: atMs, place: 0, nth: null },
    }
    recent.add(repeat)
    return repeat
  }

  return {
    /** Returns the repeat that the validation continues, or a new one. */
    findOrBegin(atMs: number, facts: string): Repeat {
      const known = recent.get(facts)
      if (known !== undefined && atMs >= known.atMs && atMs < known.endMs) return known
      if (facts.endsWith(COUNTED) || !isRefused(facts)) return remember(atMs, facts)
      const record = parseFacts(facts, atMs)
      if (isStored(record)) return remember(atMs, facts)
      return this.findOrBegin(atMs, toCountedFacts(record))
    },
    /** Begins a repeat. */
    begin: remember,
    clear: recent.clear,
  }
}

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
