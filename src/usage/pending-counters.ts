import { pickLatest } from '~/domain/times.ts'
import type { CountedRecord, UsageCounters } from '~/domain/usage.ts'
import { getShard, SHARDS } from './shards.ts'
import type { StagedCounters } from './staged.ts'

/** Adds to the counters of a license in the file, unless they include the batch with this number. */
export interface PendingCounters extends UsageCounters {
  readonly lastBatch: number
  /** The last validation that an edge has answered, which may be older than any other; 0 if none. */
  readonly lateAtMs: number
}

/** Valid validations of a license that the counters in the file may not include. */
interface Entry {
  /** Those of the batch in this round, of the one before it, and of all earlier ones. */
  round: number
  count: number
  previous: number
  earlier: number
  lastValidatedAtMs: number
  lateAtMs: number
}

export type PendingCountersByLicense = ReturnType<typeof createPendingCounters>

/**
 * Counts validations until the file does: in the batch that is being collected, in the one that is being
 * written, and in those that are staged. Ending a batch takes no time, however many licenses it has.
 */
export function createPendingCounters() {
  const entries = createEntries()
  /** Rises by one with each batch. */
  let round = 1
  let inFlight: number | null = null
  let lastWritten = 0
  let writtenBefore = 0
  let lastFolded: readonly number[] = []

  /** Drops what the file counts, given the last folded batch of each shard. A fold takes all of a shard. */
  function release(reported: readonly number[]): void {
    lastFolded = reported
    for (const [index, shard] of entries.shards.entries()) {
      const last = lastFolded[index] ?? 0
      if (last >= writtenBefore) dropEarlier(shard, round, last >= lastWritten)
    }
  }

  return {
    add: (licenseId: string, atMs: number): void => {
      const entry = entries.findOrCreate(licenseId, round)
      entry.count += 1
      entry.lastValidatedAtMs = pickLatest(entry.lastValidatedAtMs, atMs)
    },
    /** Adds what an edge has answered. */
    addLate: ({ licenseId, count, lastAtMs }: CountedRecord): void => {
      const entry = entries.findOrCreate(licenseId, round)
      entry.count += count
      entry.lateAtMs = Math.max(entry.lateAtMs, lastAtMs)
    },
    /** Ends the batch, which gets this number. */
    startWrite: (number: number): void => {
      round += 1
      inFlight = number
    },
    endWrite: (lastFolded: readonly number[]): void => {
      writtenBefore = lastWritten
      lastWritten = inFlight ?? lastWritten
      inFlight = null
      release(lastFolded)
    },
    release,
    hasStaged: () => lastFolded.some((last) => last < lastWritten),
    /** Returns the number of the last batch that is written; 0 if none is. */
    readLastWritten: () => lastWritten,
    /** Takes over what an earlier process has staged. */
    inherit: (inherited: readonly StagedCounters[]): void => {
      for (const [licenseId, added] of inherited.flatMap(({ counters }) => [...counters])) {
        const entry = entries.findOrCreate(licenseId, round)
        entry.earlier += added.validationCount
        entry.lateAtMs = Math.max(entry.lateAtMs, added.lastValidatedAtMs)
      }
      lastWritten = Math.max(...inherited.map(({ lastBatch }) => lastBatch))
      writtenBefore = lastWritten
      lastFolded = [0]
    },
    /** Returns what may have to be added to the counters of a license in the file. */
    list: (licenseId: string): readonly PendingCounters[] => {
      const known = entries.find(licenseId)
      if (known === undefined) return []
      const { count, previous, earlier, lastValidatedAtMs, lateAtMs } = moveTo(round, known)
      const times = { lastValidatedAtMs, lateAtMs }
      return [
        { lastBatch: lastWritten, validationCount: earlier, ...times },
        { lastBatch: inFlight ?? lastWritten, validationCount: previous, ...times },
        { lastBatch: Number.POSITIVE_INFINITY, validationCount: count, ...times },
      ].filter(({ validationCount }) => validationCount > 0)
    },
  }
}

function createEntries() {
  const shards = Array.from({ length: SHARDS }, () => new Map<string, Entry>())
  const find = (licenseId: string) => shards[getShard(licenseId)]?.get(licenseId)

  return {
    shards,
    find,
    /** Finds the entry of a license in this round, or creates it. */
    findOrCreate(licenseId: string, round: number): Entry {
      const known = find(licenseId)
      if (known !== undefined) return moveTo(round, known)
      const counts = { count: 0, previous: 0, earlier: 0 }
      const entry = { round, ...counts, lastValidatedAtMs: 0, lateAtMs: 0 }
      shards[getShard(licenseId)]?.set(licenseId, entry)
      return entry
    },
  }
}

/** Drops the validations of earlier batches, and those of the previous one if `isPreviousToo`. */
function dropEarlier(shard: Map<string, Entry>, round: number, isPreviousToo: boolean): void {
  for (const [licenseId, entry] of shard) {
    moveTo(round, entry).earlier = 0
    if (isPreviousToo) entry.previous = 0
    if (entry.count + entry.previous === 0) shard.delete(licenseId)
  }
}

function moveTo(round: number, entry: Entry): Entry {
  if (entry.round === round) return entry
  const wasPrevious = entry.round === round - 1
  entry.earlier += wasPrevious ? entry.previous : entry.previous + entry.count
  entry.previous = wasPrevious ? entry.count : 0
  entry.count = 0
  entry.round = round
  return entry
}
