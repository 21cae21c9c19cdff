import {
  addToCounters,
  type CountersByLicense,
  type UsageCounters,
  type ValidationRecord,
} from '~/domain/usage.ts'
import { formatRecord } from './records.ts'

/** Leaves 300 ms for the write itself, because a crash may lose one second. */
const FLUSH_INTERVAL_MS = 700
/** Validations in memory while the file cannot be written. Any more are dropped. */
const RECORDS_MAX = 100_000

/** The counters of each license in a batch. */
export interface BatchCounters {
  readonly number: number
  readonly counters: ReadonlyMap<string, UsageCounters>
}

export interface Batch extends BatchCounters {
  /** Rises by one from batch to batch, so that the file can tell a repeated batch from a new one. */
  readonly number: number
  /** See `records.ts`. */
  readonly lines: readonly string[]
}

export interface BufferOptions {
  /** Returns the number of the last batch in the file, which may have been replaced. */
  readonly readLastBatch: () => Promise<number>
  /**
   * Returns the number of the last batch that the counters in the file include. A batch that failed is
   * written again, unchanged, before the next.
   */
  readonly write: (batch: Batch) => Promise<number>
  /** Receives errors of writes that nothing waits for. */
  readonly onError: (error: unknown) => void
  readonly onDropped: () => void
}

export type Buffer = ReturnType<typeof createBuffer>

/** Collects validations in memory and writes them in batches, one at a time. */
export function createBuffer({ readLastBatch, write, onError, onDropped }: BufferOptions) {
  let number = 1
  let current = startBatch()
  let inFlight: Batch | null = null
  /** Batches that are written, but whose counters are not in the file yet. */
  let written: BatchCounters[] = []
  let timer: Timer | null = null
  let isClosed = false
  const writeInTurn = shareRuns(writeAll)

  function add(record: ValidationRecord): void {
    if (isClosed || current.lines.length + (inFlight?.lines.length ?? 0) >= RECORDS_MAX) {
      onDropped()
      return
    }
    current.lines.push(formatRecord(record))
    if (record.error === null) addToCounters(current.counters, record.licenseId, 1, record.atMs)
    flushSoon()
  }

  function flushSoon(): void {
    if (isClosed) return
    timer ??= setTimeout(() => void flush().catch(onError), FLUSH_INTERVAL_MS).unref()
  }

  /** Writes everything that was added before this call. */
  function flush(): Promise<void> {
    clearTimeout(timer ?? undefined)
    timer = null
    return writeInTurn()
  }

  async function writeAll(): Promise<void> {
    try {
      if (inFlight !== null) await writeBatch(inFlight)
      if (current.lines.length === 0) return
      number = Math.max(number, (await readLastBatch()) + 1)
      inFlight = { ...current, number }
      number += 1
      current = startBatch()
      await writeBatch(inFlight)
    } catch (error) {
      flushSoon()
      throw error
    }
  }

  async function writeBatch({ lines, ...batch }: Batch): Promise<void> {
    const lastInFile = await write({ lines, ...batch })
    inFlight = null
    written = [...written, batch].filter((one) => one.number > lastInFile)
  }

  return {
    add,
    /** Returns the batches whose counters may not be in the file yet, oldest first. */
    listPending: (): readonly BatchCounters[] => {
      const next = { ...current, number: Number.POSITIVE_INFINITY }
      return inFlight === null ? [...written, next] : [...written, inFlight, next]
    },
    hasStaged: () => written.length > 0,
    flush,
    /** Flushes for the last time. Records added afterwards are dropped. */
    close: () => {
      const last = flush()
      isClosed = true
      return last
    },
  }
}

function startBatch() {
  return { lines: [] as string[], counters: new Map() as CountersByLicense }
}

/** Returns a function that runs after its last run, and only once for all callers that wait for that. */
function shareRuns(run: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null
  return () => {
    next ??= last
      .catch(() => undefined)
      .then(() => {
        next = null
        return run()
      })
    last = next
    return next
  }
}
