import { LRUCache } from 'lru-cache'
import { HOUR_MS } from '~/domain/times.ts'
import { addInto, countInto, type Rollups, type ValidationRecord } from '~/domain/usage.ts'
import { createWriteBehind } from './write-behind.ts'

const API_KEY_USE_INTERVAL_MS = 60_000
/** How exactly the database itself knows when an activation was last seen; the history knows it. */
const SIGHTING_INTERVAL_MS = HOUR_MS
const SIGHTINGS_KNOWN_MAX = 100_000
/** Refused validations that are kept one by one, per license and minute; the rest are counted. */
const REFUSED_PER_MINUTE_MAX = 60
const MINUTE_MS = 60_000
/** What waits for a disk that cannot be written; beyond it validations are counted only. */
const SINGLES_MAX = 100_000

/** How often a license was valid, and when last. */
export interface Tally {
  count: number
  lastAtMs: number
}

/** What goes to the database itself, which is little. */
export interface UsageBatch {
  /** When activations were last seen, by their ids. */
  readonly sightings: Map<string, number>
  readonly apiKeyUses: Map<string, number>
}

/** What goes to the history. */
export interface HistoryBatch {
  /** Rises from batch to batch, so that none is counted twice. */
  readonly number: number
  /** To be kept one by one, and counted as well. */
  readonly singles: ValidationRecord[]
  /** What was counted already of those that are not kept. */
  readonly rollups: Rollups
  readonly tallies: Map<string, Tally>
  readonly sightings: Map<string, number>
}

export interface RecorderOptions {
  /** Calls `take` inside its transaction. */
  readonly writeUsage: (take: () => UsageBatch) => Promise<void>
  readonly writeHistory: (batch: HistoryBatch) => Promise<void>
  /** The number of the last batch that the history has. */
  readonly lastBatch: number
  readonly onError: (error: unknown) => void
  /** Hears of each validation that is counted but not kept, for want of room. */
  readonly onDropped: () => void
}

export interface Recorder {
  recordValidation(validation: ValidationRecord): void
  recordApiKeyUse(id: string, atMs: number): void
  /** What the history may not have yet. */
  waiting(): readonly Pick<HistoryBatch, 'number' | 'tallies' | 'sightings'>[]
  lastUseOf(apiKeyId: string): number | undefined
  flush(): Promise<void>
  flushHistory(): Promise<void>
}

/** Counts in memory and writes in groups: an answer never waits for it. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { writeUsage, writeHistory, onError, onDropped } = options
  let number = options.lastBatch
  const usage = createWriteBehind<UsageBatch>({
    empty: () => ({ sightings: new Map(), apiKeyUses: new Map() }),
    isEmpty: ({ sightings, apiKeyUses }) => sightings.size === 0 && apiKeyUses.size === 0,
    merge: mergeUsage,
    write: writeUsage,
    onError,
  })
  const history = createWriteBehind<HistoryBatch>({
    empty: () => emptyHistory(++number),
    isEmpty: ({ singles, rollups }) => singles.length === 0 && rollups.size === 0,
    merge: mergeHistory,
    write: (take) => writeHistory(take()),
    onError,
  })
  const sightingsKnown = new LRUCache<string, number>({ max: SIGHTINGS_KNOWN_MAX })
  const lastUses = new Map<string, number>()
  const isKept = createKeptTest()

  function recordValidation(validation: ValidationRecord): void {
    const batch = history.batch()
    if (isKept(validation)) keepSingle(batch, validation)
    else countInto(batch.rollups, validation)
    if (validation.error === null) noteUse(batch, validation)
    history.touch()
  }

  function keepSingle({ singles, rollups }: HistoryBatch, single: ValidationRecord): void {
    if (singles.length < SINGLES_MAX) singles.push(single)
    else {
      countInto(rollups, single)
      onDropped()
    }
  }

  function noteUse(batch: HistoryBatch, { licenseId, activationIds, atMs }: ValidationRecord) {
    addTally(batch.tallies, licenseId, { count: 1, lastAtMs: atMs })
    for (const id of activationIds) {
      addSighting(batch.sightings, id, atMs)
      if (atMs < (sightingsKnown.get(id) ?? 0) + SIGHTING_INTERVAL_MS) continue
      sightingsKnown.set(id, atMs)
      usage.batch().sightings.set(id, atMs)
      usage.touch()
    }
  }

  function mergeHistory(older: HistoryBatch, newer: HistoryBatch): HistoryBatch {
    for (const single of newer.singles) keepSingle(older, single)
    for (const rollup of newer.rollups.values()) addInto(older.rollups, rollup)
    for (const [licenseId, tally] of newer.tallies) addTally(older.tallies, licenseId, tally)
    for (const [id, atMs] of newer.sightings) addSighting(older.sightings, id, atMs)
    return older
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
    waiting: history.waiting,
    lastUseOf: (apiKeyId) => lastUses.get(apiKeyId),
    flush: async () => {
      const outcomes = await Promise.allSettled([usage.flush(), history.flush()])
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
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

function emptyHistory(number: number): HistoryBatch {
  return { number, singles: [], rollups: new Map(), tallies: new Map(), sightings: new Map() }
}

function mergeUsage(older: UsageBatch, newer: UsageBatch): UsageBatch {
  for (const [id, atMs] of newer.sightings) addSighting(older.sightings, id, atMs)
  for (const [id, atMs] of newer.apiKeyUses) older.apiKeyUses.set(id, atMs)
  return older
}

function addTally(tallies: Map<string, Tally>, licenseId: string, more: Tally): void {
  const tally = tallies.get(licenseId)
  if (tally === undefined) tallies.set(licenseId, { ...more })
  else {
    tally.count += more.count
    tally.lastAtMs = Math.max(tally.lastAtMs, more.lastAtMs)
  }
}

function addSighting(sightings: Map<string, number>, id: string, atMs: number): void {
  sightings.set(id, Math.max(atMs, sightings.get(id) ?? 0))
}
