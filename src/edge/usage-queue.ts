import type { Collected } from './usage-collector.ts'
import type { Journal, Place } from './usage-journal.ts'
import type { Refused } from './usage-refused.ts'

/** Entries of batches in memory while the journal cannot be written. Any more are dropped. */
const MEMORY_ENTRIES_MAX = 100_000

/** A batch that waits for its delivery. */
export interface Queued extends Place {
  readonly entries: number
  bytes: number
  /** In memory until it is in the journal, and longer if it is the next to be sent. */
  body: string | null
  isStored: boolean
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

  return {
    batches,
    add({ entries, seen, sinceMs, count }: Collected): void {
      if (countInMemory() + entries.length > MEMORY_ENTRIES_MAX) {
        onDropped(count)
        return
      }
      lastNumber += 1
      const body = JSON.stringify({ run, batch: lastNumber, entries, seen })
      const place = { run, first: lastNumber, number: lastNumber, sinceMs, count }
      const state = { isStored: false, isSent: false, bytes: Buffer.byteLength(body) }
      batches.push({ ...place, ...state, entries: entries.length, body })
    },
    /** Writes the batches that are only in memory. A full disk is reported once. */
    async store(): Promise<void> {
      try {
        for (const batch of batches.filter(({ isStored }) => !isStored)) {
          if (batch.body === null) continue
          await journal.write(batch, batch.body)
          batch.isStored = true
          // While the journal could not be written, it was sent from memory.
          if (!batches.includes(batch)) await journal.delete(batch)
          if (batch !== batches[0]) batch.body = null
        }
        hasFailed = false
      } catch (error) {
        fail(error)
      }
    },
    /** Returns whether the batch may be sent: it is in the journal, unless that cannot be written. */
    isReady: ({ isStored }: Queued) => isStored || hasFailed,
    /** Removes a batch. */
    async remove(batch: Queued): Promise<void> {
      const index = batches.indexOf(batch)
      if (index >= 0) batches.splice(index, 1)
      if (batch.isStored) await journal.delete(batch).catch(fail)
    },
    /** Removes a batch that cannot be delivered, and keeps its file. */
    async setAside(batch: Queued, reason: string): Promise<void> {
      batches.splice(batches.indexOf(batch), 1)
      onDropped(batch.count)
      const path = batch.isStored ? await journal.setAside(batch).catch(String) : 'nowhere'
      if (batch.isStored) refused.add(batch)
      onError(new Error(`A batch of usage is not delivered: ${reason}. It is kept in ${path}.`))
    },
  }
}

const unwritten = 'Usage cannot be written to LICET_DATA_DIR, so it waits in memory.'

/** The first batch of each run may have been sent before its process ended. */
function list(journal: Journal, onError: (error: unknown) => void): Queued[] {
  try {
    const places = journal.list()
    return places.map((place, index) => ({
      ...place,
      ...{ entries: 0, body: null, isStored: true },
      isSent: places[index - 1]?.run !== place.run,
    }))
  } catch (error) {
    onError(error)
    return []
  }
}
