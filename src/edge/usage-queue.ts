import type { Collected } from './usage-collector.ts'
import type { Journal, Place } from './usage-journal.ts'
import type { Refused } from './usage-refused.ts'

/** Entries of batches in memory while the journal cannot be written. Any more are dropped. */
const MEMORY_ENTRIES_MAX = 100_000

/** A batch that waits for its delivery. */
export interface Queued extends Place {
  /** See `Collected`. Null for a batch that an earlier process has left, or that was merged. */
  readonly id: symbol | null
  entries: number
  sinceMs: number
  count: number
  bytes: number
  /** In memory until it is in the journal, and longer if it is the next to be sent. */
  body: string | null
  /** The state of it that is in the journal, which may be an earlier one. */
  stored: Place | null
  isStored: boolean
  /** Nothing is added any more, so it may be sent. */
  isComplete: boolean
  /** Whether the primary may have it already. Then it must stay as it is. */
  isSent: boolean
}

export type Queue = ReturnType<typeof createQueue>

interface Parts {
  readonly journal: Journal
  readonly refused: Pick<Refused, 'add'>
  readonly run: string
  readonly onError: (error: unknown) => void
  readonly onDropped: (count: number) => void
}

/** The batches that wait, oldest first. Those of earlier processes come before those of this one. */
export function createQueue({ journal, refused, run, onError, onDropped }: Parts) {
  const batches = list(journal, onError)
  let lastNumber = 0
  let hasFailed = false

  /** Reports the first of several errors in a row. */
  function fail(error: unknown): void {
    if (!hasFailed) onError(new Error(`${unwritten} ${error}`, { cause: error }))
    hasFailed = true
  }

  const countInMemory = () =>
    batches.reduce((sum, { entries, isStored }) => (isStored ? sum : sum + entries), 0)

  function append(collected: Collected): Queued {
    lastNumber += 1
    const batch = begin(collected, run, lastNumber)
    batches.push(batch)
    return batch
  }

  return {
    batches,
    /** Adds a batch, or replaces what was known of it. */
    add(collected: Collected): void {
      const { id, entries, seen, sinceMs, count, isComplete } = collected
      const known = batches.findLast((batch) => batch.id === id)
      if (known === undefined && countInMemory() + entries.length > MEMORY_ENTRIES_MAX) {
        // An incomplete one comes again.
        if (isComplete) onDropped(count)
        return
      }
      const batch = known ?? append(collected)
      const body = JSON.stringify({ run, batch: batch.number, entries, seen })
      const state = { sinceMs, count, isComplete, isStored: false, entries: entries.length }
      Object.assign(batch, state, { bytes: Buffer.byteLength(body), body })
    },
    /** Writes the batches that are only in memory. A full disk is reported once. */
    async store(): Promise<void> {
      try {
        for (const batch of batches.filter(({ isStored }) => !isStored)) {
          if (batch.body !== null) await storeOne(journal, batches, batch, batch.body)
        }
        hasFailed = false
      } catch (error) {
        fail(error)
      }
    },
    /** Returns whether batches may stay incomplete: if they are in the journal, a crash loses little. */
    mayHold: () => !hasFailed,
    /** Returns whether the batch may be sent: it is in the journal, unless that cannot be written. */
    isReady: ({ isStored, isComplete }: Queued) => isComplete && (isStored || hasFailed),
    /** Removes a batch. */
    async remove(batch: Queued): Promise<void> {
      const index = batches.indexOf(batch)
      if (index >= 0) batches.splice(index, 1)
      if (batch.stored !== null) await journal.delete(batch.stored).catch(fail)
    },
    /** Removes a batch that cannot be delivered, and keeps its file. */
    async setAside(batch: Queued, reason: string): Promise<void> {
      batches.splice(batches.indexOf(batch), 1)
      onDropped(batch.count)
      const path = batch.isStored ? await journal.setAside(batch).catch(String) : 'nowhere'
      if (batch.isStored) refused.add(batch)
      else if (batch.stored !== null) await journal.delete(batch.stored).catch(fail)
      onError(new Error(`A batch of usage is not delivered: ${reason}. It is kept in ${path}.`))
    },
  }
}

function begin({ id, sinceMs, count }: Collected, run: string, number: number): Queued {
  const place = { run, first: number, number, sinceMs, count }
  const state = { stored: null, isStored: false, isComplete: false, isSent: false }
  return { ...place, ...state, id, entries: 0, bytes: 0, body: null }
}

/** Writes a batch of the queue. Meanwhile, more may be added to it. */
async function storeOne(
  journal: Journal,
  batches: readonly Queued[],
  batch: Queued,
  body: string,
): Promise<void> {
  const place = placeOf(batch)
  await journal.write(place, body, batch.stored)
  batch.stored = place
  batch.isStored = batch.body === body
  // While the journal could not be written, it was sent from memory.
  if (!batches.includes(batch)) await journal.delete(place)
  if (batch.isStored && batch !== batches[0]) batch.body = null
}

const placeOf = ({ run, first, number, sinceMs, count }: Queued): Place => ({
  ...{ run, first, number, sinceMs, count },
})

const unwritten = 'Usage cannot be written to LICET_DATA_DIR, so it waits in memory.'

/** The first batch of each run may have been sent before its process ended. */
function list(journal: Journal, onError: (error: unknown) => void): Queued[] {
  try {
    const places = journal.list()
    return places.map((place, index) => ({
      ...place,
      ...{ id: null, entries: 0, body: null, stored: place, isStored: true, isComplete: true },
      isSent: places[index - 1]?.run !== place.run,
    }))
  } catch (error) {
    onError(error)
    return []
  }
}
