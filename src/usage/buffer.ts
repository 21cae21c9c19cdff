import type { ValidationRecord } from '~/domain/usage.ts'

/** Leaves 300 ms for the write itself, because a crash may lose one second. */
const FLUSH_INTERVAL_MS = 700
/** Validations in memory while the file cannot be written. Any more are dropped. */
const RECORDS_MAX = 100_000
/** Validations per batch. A shutdown waits for the one in progress. */
const BATCH_MAX = 5000

export interface Batch {
  /** Rises by one from batch to batch, so that the file can tell a repeated batch from a new one. */
  readonly number: number
  readonly records: readonly ValidationRecord[]
}

export interface BufferOptions {
  /** Returns the number of the last batch in the file, which may have been replaced. */
  readonly readLastBatch: () => Promise<number>
  /** A batch that failed is written again, unchanged, before the next. */
  readonly write: (batch: Batch) => Promise<void>
  /** Receives errors of writes that nothing waits for. */
  readonly onError: (error: unknown) => void
  readonly onDropped: () => void
}

export type Buffer = ReturnType<typeof createBuffer>

/** Collects validations in memory and writes them in batches, one at a time. */
export function createBuffer({ readLastBatch, write, onError, onDropped }: BufferOptions) {
  let number = 1
  const records: ValidationRecord[] = []
  let inFlight: Batch | null = null
  let timer: ReturnType<typeof setTimeout> | null = null
  let flushing: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null
  let isClosed = false

  function add(record: ValidationRecord): void {
    const count = records.length + (inFlight?.records.length ?? 0)
    if (isClosed || count >= RECORDS_MAX) {
      onDropped()
      return
    }
    records.push(record)
    flushSoon()
  }

  function flushSoon(): void {
    if (timer !== null || isClosed) return
    timer = setTimeout(() => void flush().catch(onError), FLUSH_INTERVAL_MS)
    timer.unref()
  }

  /** Writes everything that was added before this call. */
  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    // One that has not begun will write everything, however many wait for it.
    next ??= flushing.catch(() => undefined).then(writeAll)
    flushing = next
    return next
  }

  async function writeAll(): Promise<void> {
    next = null
    try {
      if (inFlight !== null) await write(inFlight)
      inFlight = null
      // Those that are added meanwhile wait for the next flush.
      for (let left = records.length; left > 0; left -= BATCH_MAX) {
        number = Math.max(number, (await readLastBatch()) + 1)
        inFlight = { number, records: records.splice(0, BATCH_MAX) }
        number += 1
        await write(inFlight)
        inFlight = null
      }
    } catch (error) {
      flushSoon()
      throw error
    }
  }

  return {
    add,
    /** Returns the batches that may not be in the file yet, oldest first. */
    listPending: (): readonly Batch[] => {
      const last = { number: Number.POSITIVE_INFINITY, records }
      return inFlight === null ? [last] : [inFlight, last]
    },
    flush,
    /** Flushes for the last time. Records added afterwards are dropped. */
    close: () => {
      const last = flush()
      isClosed = true
      return last
    },
  }
}
