import { LRUCache } from 'lru-cache'
import { HOUR_MS } from '~/domain/times.ts'
import { countInto, type Rollups, type Sighting, type ValidationRecord } from '~/domain/usage.ts'
import { createWriteBehind } from './write-behind.ts'

/** Leaves time for the write itself within the 100 ms that may be lost to a crash. */
const JOURNAL_INTERVAL_MS = 80
const API_KEY_USE_INTERVAL_MS = 60_000
/** How exactly the database itself knows when an activation was last seen; the history knows it. */
const SIGHTING_INTERVAL_MS = HOUR_MS
const SIGHTINGS_KNOWN_MAX = 100_000
/** Refused validations that are kept one by one, per license and minute; the rest are counted. */
const REFUSED_PER_MINUTE_MAX = 60
const MINUTE_MS = 60_000
/** What waits for a disk that cannot be written; beyond it validations are counted only. */
const RECORDS_MAX = 100_000

/** How often a license was valid, and when last. */
export interface Tally {
  count: number
  lastAtMs: number
}

/** What goes to the database itself, which is little. */
export interface UsageBatch {
  readonly sightings: Map<string, number>
  readonly apiKeyUses: Map<string, number>
}

/** What waits to be written, in the order of its coming. */
export interface HistoryRecords {
  /** Validations to be kept one by one, and counted as well. */
  readonly kept: readonly ValidationRecord[]
  readonly counted: readonly ValidationRecord[]
  /** Besides those that came with a validation. */
  readonly sightings: readonly Sighting[]
}

type FreshRecords = { readonly [Kind in keyof HistoryRecords]: HistoryRecords[Kind][number][] }

/** What validations come to. */
export interface Sums {
  readonly rollups: Rollups
  readonly tallies: Map<string, Tally>
  /** When activations were last seen, by their ids. */
  readonly sightings: Map<string, number>
}

/** What goes to the history. */
export interface HistoryBatch {
  /** Rises from batch to batch, so that none is counted twice. */
  readonly number: number
  /** What came since the journal was last written. */
  readonly fresh: FreshRecords
  /** What came before, as the journal has it: JSON of HistoryRecords. */
  readonly entries: string[]
  /** How many are in both. */
  records: number
  /** What found no room any more. */
  readonly overflow: Sums
  /** What all of it comes to, for reads that are not to wait. */
  readonly tallies: Map<string, Tally>
  readonly sightings: Map<string, number>
}

/** Where batches are while the history does not have them, should this process die. */
export interface Journal {
  /** Adds to what it has of a batch, soon: no answer waits for it. */
  append(batchNumber: number, entry: string): void
  /** Forgets the batches up to this one. */
  forget(batchNumber: number): void
}

export interface RecorderOptions {
  readonly writeUsage: (batch: UsageBatch) => Promise<void>
  /** Does nothing with a batch whose number it has. */
  readonly writeHistory: (batch: HistoryBatch) => Promise<void>
  readonly journal: Journal
  /** The number of the last batch that the history has. */
  readonly lastBatch: number
  readonly onError: (error: unknown) => void
  /** Hears of each validation that is counted but not kept, for want of room. */
  readonly onDropped: () => void
}

export interface Recorder {
  recordValidation(validation: ValidationRecord): void
  recordSighting(sighting: Sighting): void
  recordApiKeyUse(id: string, atMs: number): void
  /** What the history may not have yet. */
  waiting(): readonly Pick<HistoryBatch, 'number' | 'tallies' | 'sightings'>[]
  lastUseOf(apiKeyId: string): number | undefined
  flush(): Promise<void>
  flushHistory(): Promise<void>
  /** A last flush, after which nothing is written any more. */
  close(): Promise<void>
}

/** Counts in memory and writes in groups: an answer never waits for it. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { writeUsage, writeHistory, journal, onError, onDropped } = options
  let number = options.lastBatch
  const usage = createWriteBehind<UsageBatch>({
    empty: () => ({ sightings: new Map(), apiKeyUses: new Map() }),
    isEmpty: ({ sightings, apiKeyUses }) => sightings.size === 0 && apiKeyUses.size === 0,
    write: writeUsage,
    onError,
  })
  const history = createWriteBehind<HistoryBatch>({
    empty: () => emptyHistory(++number),
    isEmpty: ({ records, sightings, overflow }) =>
      records === 0 && sightings.size === 0 && overflow.rollups.size === 0,
    write: async (batch) => {
      putDown(batch)
      await writeHistory(batch)
      recordsWaiting -= batch.records
      journal.forget(batch.number)
    },
    onError,
  })
  let recordsWaiting = 0
  let isJournalDue = false
  const sightingsKnown = new LRUCache<string, number>({ max: SIGHTINGS_KNOWN_MAX })
  const lastUses = new Map<string, number>()
  const isKept = createKeptTest()

  function recordValidation(validation: ValidationRecord): void {
    const batch = history.batch()
    if (takeRoom(batch)) batch.fresh[isKept(validation) ? 'kept' : 'counted'].push(validation)
    else {
      sumUp(batch.overflow, validation)
      onDropped()
    }
    if (validation.error !== null) return
    addUse(batch.tallies, validation)
    noteSighting(batch, validation)
  }

  function recordSighting(sighting: Sighting): void {
    const batch = history.batch()
    if (takeRoom(batch)) batch.fresh.sightings.push(sighting)
    else addSightings(batch.overflow.sightings, sighting)
    noteSighting(batch, sighting)
  }

  /** Whether there is room for one more, which is taken then. */
  function takeRoom(batch: HistoryBatch): boolean {
    history.touch()
    if (recordsWaiting >= RECORDS_MAX) return false
    recordsWaiting += 1
    batch.records += 1
    if (!isJournalDue) setTimeout(writeJournal, JOURNAL_INTERVAL_MS).unref()
    isJournalDue = true
    return true
  }

  function writeJournal(): void {
    isJournalDue = false
    putDown(history.batch())
  }

  /** In the journal, what is fresh in a batch. */
  function putDown(batch: HistoryBatch): void {
    const entry = takeEntry(batch)
    if (entry !== null) journal.append(batch.number, entry)
  }

  function noteSighting(batch: HistoryBatch, sighting: Sighting): void {
    addSightings(batch.sightings, sighting)
    const { activationIds, atMs, mayDecideEviction } = sighting
    if (!mayDecideEviction) return
    for (const id of activationIds) {
      if (atMs < (sightingsKnown.get(id) ?? 0) + SIGHTING_INTERVAL_MS) continue
      sightingsKnown.set(id, atMs)
      usage.batch().sightings.set(id, atMs)
      usage.touch()
    }
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
    recordSighting,
    recordApiKeyUse,
    waiting: history.waiting,
    lastUseOf: (apiKeyId) => lastUses.get(apiKeyId),
    flush: () => both(usage.flush(), history.flush()),
    flushHistory: history.flush,
    close: () => both(usage.stop(), history.stop()),
  }
}

/** One that fails does not keep the other from its end. */
async function both(...writes: readonly Promise<void>[]): Promise<void> {
  for (const write of await Promise.allSettled(writes)) {
    if (write.status === 'rejected') throw write.reason
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
  return {
    number,
    fresh: { kept: [], counted: [], sightings: [] },
    entries: [],
    records: 0,
    overflow: { rollups: new Map(), tallies: new Map(), sightings: new Map() },
    tallies: new Map(),
    sightings: new Map(),
  }
}

/** Makes an entry of what is fresh in a batch, as a text that can wait there; null: nothing is. */
function takeEntry({ fresh, entries }: HistoryBatch): string | null {
  const lists = Object.values(fresh)
  if (lists.every(({ length }) => length === 0)) return null
  const entry = entryOf(fresh)
  entries.push(entry)
  for (const list of lists) list.length = 0
  return entry
}

export function entryOf({ kept = [], counted = [], sightings = [] }: Partial<HistoryRecords>) {
  const records: HistoryRecords = { kept, counted, sightings }
  return JSON.stringify(records)
}

/** Adds one to what others come to. */
export function sumUp({ rollups, tallies, sightings }: Sums, validation: ValidationRecord): void {
  countInto(rollups, validation)
  if (validation.error !== null) return
  addUse(tallies, validation)
  addSightings(sightings, validation)
}

function addUse(tallies: Map<string, Tally>, { licenseId, atMs }: ValidationRecord): void {
  const tally = tallies.get(licenseId)
  if (tally === undefined) tallies.set(licenseId, { count: 1, lastAtMs: atMs })
  else {
    tally.count += 1
    tally.lastAtMs = Math.max(tally.lastAtMs, atMs)
  }
}

export function addSightings(
  sightings: Map<string, number>,
  { activationIds, atMs }: Pick<Sighting, 'activationIds' | 'atMs'>,
): void {
  for (const id of activationIds) sightings.set(id, Math.max(atMs, sightings.get(id) ?? 0))
}
