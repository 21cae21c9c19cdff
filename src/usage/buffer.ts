import { pickLatest } from '~/domain/times.ts'
import type { UsageCounters, ValidationRecord } from '~/domain/usage.ts'
import { formatRecord } from './records.ts'

/** Leaves 300 ms for the write itself, because a crash may lose one second. */
const FLUSH_INTERVAL_MS = 700
/** Validations in memory while the file cannot be written. Any more are dropped. */
const RECORDS_MAX = 100_000

/** What a batch adds to the counters of each license. */
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
  let lines: string[] = []
  let counters = new Map<string, UsageCounters>()
  let inFlight: Batch | null = null
  /** Batches that are written, but whose counters are not in the file yet. */
  let written: BatchCounters[] = []
  let timer: ReturnType<typeof setTimeout> | null = null
  let flushing: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null
  let isClosed = false

  function add(record: ValidationRecord): void {
    if (isClosed || lines.length + (inFlight?.lines.length ?? 0) >= RECORDS_MAX) {
      onDropped()
      return
    }
    lines.push(formatRecord(record))
    if (record.error === null) addToCounters(counters, record)
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
      if (inFlight !== null) await writeBatch(inFlight)
      if (lines.length === 0) return
      number = Math.max(number, (await readLastBatch()) + 1)
      inFlight = { number, lines, counters }
      number += 1
      lines = []
      counters = new Map()
      await writeBatch(inFlight)
    } catch (error) {
      flushSoon()
      throw error
    }
  }

  async function writeBatch(batch: Batch): Promise<void> {
    const lastInFile = await write(batch)
    inFlight = null
    // Without the lines, which are on disk.
    const added = { number: batch.number, counters: batch.counters }
    written = [...written, added].filter((one) => one.number > lastInFile)
  }

  return {
    add,
    /** Returns the batches whose counters may not be in the file yet, oldest first. */
    listPending: (): readonly BatchCounters[] => [
      ...written,
      ...(inFlight === null ? [] : [inFlight]),
      { number: Number.POSITIVE_INFINITY, counters },
    ],
    flush,
    /** Flushes for the last time. Records added afterwards are dropped. */
    close: () => {
      const last = flush()
      isClosed = true
      return last
    },
  }
}

function addToCounters(
  counters: Map<string, UsageCounters>,
  { licenseId, atMs }: Pick<ValidationRecord, 'licenseId' | 'atMs'>,
): void {
  const known = counters.get(licenseId)
  counters.set(licenseId, {
    validationCount: (known?.validationCount ?? 0) + 1,
    lastValidatedAtMs: pickLatest(known?.lastValidatedAtMs ?? 0, atMs),
  })
}
