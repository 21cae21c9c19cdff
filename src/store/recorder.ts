import { addInto, countInto, type Rollups, type ValidationRecord } from '~/domain/usage.ts'
import { createWriteBehind } from './write-behind.ts'

const API_KEY_USE_INTERVAL_MS = 60_000
/** Refused validations that are kept one by one, per license and minute; the rest are counted. */
const REFUSED_PER_MINUTE_MAX = 60
const MINUTE_MS = 60_000
/** What waits for a disk that cannot be written; beyond it validations are counted only. */
const SINGLES_MAX = 100_000

/** What validations add to a license before it is written. */
export interface Tally {
  count: number
  lastAtMs: number
}

/** What is written beside the licenses themselves. */
export interface UsageBatch {
  readonly tallies: Map<string, Tally>
  /** When activations were last seen, by their ids. */
  readonly sightings: Map<string, number>
  readonly apiKeyUses: Map<string, number>
}

/** What goes to the history. */
export interface HistoryBatch {
  /** To be kept one by one, and counted as well. */
  readonly singles: ValidationRecord[]
  /** What was counted already of those that are not kept. */
  readonly rollups: Rollups
}

export interface RecorderOptions {
  /** Calls `take` inside its transaction. */
  readonly writeUsage: (take: () => UsageBatch) => Promise<void>
  readonly writeHistory: (batch: HistoryBatch) => Promise<void>
  readonly onError: (error: unknown) => void
  /** Hears of each validation that is counted but not kept, for want of room. */
  readonly onDropped: () => void
}

export interface Recorder {
  recordValidation(validation: ValidationRecord): void
  recordApiKeyUse(id: string, atMs: number): void
  /** What is not yet written about a license, for reads to add. */
  pendingFor(licenseId: string): Tally | undefined
  seenAtMs(activationId: string): number | undefined
  lastUseOf(apiKeyId: string): number | undefined
  flush(): Promise<void>
  flushHistory(): Promise<void>
}

/** Counts in memory and writes in groups: an answer never waits for it. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { writeUsage, writeHistory, onError, onDropped } = options
  const usage = createWriteBehind<UsageBatch>({
    empty: () => ({ tallies: new Map(), sightings: new Map(), apiKeyUses: new Map() }),
    isEmpty: ({ tallies, apiKeyUses }) => tallies.size === 0 && apiKeyUses.size === 0,
    merge: mergeUsage,
    write: writeUsage,
    onError,
  })
  const history = createWriteBehind<HistoryBatch>({
    empty: () => ({ singles: [], rollups: new Map() }),
    isEmpty: ({ singles, rollups }) => singles.length === 0 && rollups.size === 0,
    merge: (older, newer) => {
      for (const single of newer.singles) keepSingle(older, single)
      for (const rollup of newer.rollups.values()) addInto(older.rollups, rollup)
      return older
    },
    write: (take) => writeHistory(take()),
    onError,
  })
  const lastUses = new Map<string, number>()
  const isKept = createKeptTest()

  function keepSingle(batch: HistoryBatch, single: ValidationRecord): void {
    if (batch.singles.length < SINGLES_MAX) batch.singles.push(single)
    else {
      countInto(batch.rollups, single)
      onDropped()
    }
  }

  function recordValidation(validation: ValidationRecord): void {
    if (validation.error === null) recordUse(validation)
    if (isKept(validation)) keepSingle(history.batch(), validation)
    else countInto(history.batch().rollups, validation)
    history.touch()
  }

  function recordUse({ licenseId, activationIds, atMs }: ValidationRecord): void {
    const { tallies, sightings } = usage.batch()
    for (const id of activationIds) sightings.set(id, atMs)
    const tally = tallies.get(licenseId)
    if (tally === undefined) tallies.set(licenseId, { count: 1, lastAtMs: atMs })
    else {
      tally.count += 1
      tally.lastAtMs = Math.max(tally.lastAtMs, atMs)
    }
    usage.touch()
  }

  function recordApiKeyUse(id: string, atMs: number): void {
    const last = lastUses.get(id)
    if (last !== undefined && atMs - last < API_KEY_USE_INTERVAL_MS) return
    lastUses.set(id, atMs)
    usage.batch().apiKeyUses.set(id, atMs)
    usage.touch()
  }

  return {
    recordValidation,
    recordApiKeyUse,
    pendingFor: (licenseId) => usage.batch().tallies.get(licenseId),
    seenAtMs: (activationId) => usage.batch().sightings.get(activationId),
    lastUseOf: (apiKeyId) => lastUses.get(apiKeyId),
    flush: async () => {
      const [counted, kept] = await Promise.allSettled([usage.flush(), history.flush()])
      for (const outcome of [counted, kept]) {
        if (outcome.status === 'rejected') throw outcome.reason
      }
    },
    flushHistory: history.flush,
  }
}

/** Valid ones all, refused ones up to their number in this minute. */
function createKeptTest(): (validation: ValidationRecord) => boolean {
  const refused = new Map<string, number>()
  let minute = 0

  return ({ licenseId, error, atMs }) => {
    if (error === null) return true
    const current = Math.floor(atMs / MINUTE_MS)
    if (current !== minute) refused.clear()
    minute = current
    const count = (refused.get(licenseId) ?? 0) + 1
    refused.set(licenseId, count)
    return count <= REFUSED_PER_MINUTE_MAX
  }
}

function mergeUsage(older: UsageBatch, newer: UsageBatch): UsageBatch {
  for (const [licenseId, tally] of newer.tallies) {
    const before = older.tallies.get(licenseId)
    older.tallies.set(licenseId, {
      count: tally.count + (before?.count ?? 0),
      lastAtMs: Math.max(tally.lastAtMs, before?.lastAtMs ?? 0),
    })
  }
  for (const [id, atMs] of newer.sightings) older.sightings.set(id, atMs)
  for (const [id, atMs] of newer.apiKeyUses) older.apiKeyUses.set(id, atMs)
  return older
}
