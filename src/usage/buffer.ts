import type { CountedRecord, ValidationRecord } from '~/domain/usage.ts'
import type { EdgeBatch, EdgePart } from './edge-batches.ts'
import { createPendingCounters, type PendingCountersByLicense } from './pending-counters.ts'
import { formatFacts, formatLate, formatRecord } from './records.ts'
import type { StagedCounters } from './staged.ts'

/** Leaves 300 ms for the write itself, because a crash may lose one second. */
const INTERVAL_MS = 700
/** Validations in memory while the file cannot be written. Any more are dropped. */
const RECORDS_MAX = 100_000

/** Numbers rise by one from batch to batch, so that the file can tell a repeated batch from a new one. */
interface Batch {
  readonly number: number
  /** See `records.ts`. */
  readonly lines: readonly string[]
  readonly parts: readonly LateLines[]
  /** The number of all lines. */
  readonly size: number
}

/** The validations of an edge, see `EdgePart`. */
interface LateLines {
  readonly batch: EdgeBatch | null
  readonly lines: readonly string[]
}

export interface BufferOptions {
  /** Returns the number of the last batch in the file, which may have been replaced. */
  readonly readLastBatch: () => Promise<number>
  /**
   * Returns, for each shard, the number of the last batch that the counters in the file include. A batch
   * that failed is written again, unchanged, before the next.
   */
  readonly write: (
    number: number,
    text: string,
    parts: readonly EdgePart[],
  ) => Promise<readonly number[]>
  /** Folds what is due of the batches that are written, and returns the same. */
  readonly foldDue: () => Promise<readonly number[]>
  /** Receives errors of writes that nothing waits for. */
  readonly onError: (error: unknown) => void
  readonly onDropped: () => void
}

export type Buffer = ReturnType<typeof createBuffer>

/** Collects validations in memory and writes them in batches, one at a time. */
export function createBuffer(options: BufferOptions) {
  const { foldDue, onError, onDropped } = options
  const pending = createPendingCounters()
  const batches = createBatches(options, pending)
  let timer: Timer | null = null
  let isClosed = false
  const writeInBackground = () => void writeAndFold().catch(onError)
  const writeInTurn = shareRuns(() =>
    batches.writeAll().catch((error) => {
      work()
      throw error
    }),
  )

  function add(record: ValidationRecord): void {
    if (isClosed || !batches.add(record)) onDropped()
    else work()
  }

  function addEdgeBatch(batch: EdgeBatch | null, records: readonly CountedRecord[]): boolean {
    if (isClosed || !batches.addPart(batch, records)) return false
    work()
    return true
  }

  /** Writes soon, and folds from time to time as long as anything is staged. */
  function work(): void {
    if (isClosed || timer !== null) return
    timer = setTimeout(writeInBackground, INTERVAL_MS).unref()
  }

  async function writeAndFold(): Promise<void> {
    await flush()
    if (!pending.hasStaged() || isClosed) return
    work()
    pending.release(await foldDue())
  }

  /** Writes everything that was added before this call. */
  function flush(): Promise<void> {
    clearTimeout(timer ?? undefined)
    timer = null
    return writeInTurn()
  }

  return {
    add,
    /** Adds a batch of an edge. Returns false if there is no room for it. */
    addEdgeBatch,
    /** Counts what an earlier process has staged, before anything is written. */
    inherit: (read: () => readonly StagedCounters[]) => {
      if (pending.readLastWritten() > 0) return
      pending.inherit(read())
      batches.continueAfter(pending.readLastWritten())
      if (pending.hasStaged()) work()
    },
    listPending: pending.list,
    readNextNumber: batches.readNextNumber,
    flush,
    /** Writes the batch again that could not be written, or that is being written. */
    retry: () => (batches.isWriting() ? flush() : null),
    /** Flushes for the last time. Records added afterwards are dropped. */
    close: () => {
      const last = flush()
      isClosed = true
      return last
    },
  }
}

type Writes = Pick<BufferOptions, 'readLastBatch' | 'write'>

function createBatches({ readLastBatch, write }: Writes, pending: PendingCountersByLicense) {
  let number = 1
  let current: string[] = []
  let parts: LateLines[] = []
  let lateLines = 0
  let inFlight: Batch | null = null

  async function writeAll(): Promise<void> {
    if (inFlight !== null) await writeBatch(inFlight)
    if (current.length + parts.length === 0) return
    continueAfter(await readLastBatch())
    inFlight = { number, lines: current, parts, size: current.length + lateLines }
    pending.startWrite(number)
    number += 1
    current = []
    parts = []
    lateLines = 0
    await writeBatch(inFlight)
  }

  async function writeBatch(batch: Batch): Promise<void> {
    const edgeParts = batch.parts.map(({ lines, ...part }) => ({ ...part, text: lines.join('\n') }))
    const lastFolded = await write(batch.number, batch.lines.join('\n'), edgeParts)
    inFlight = null
    pending.endWrite(lastFolded)
  }

  const countLines = () => current.length + lateLines + (inFlight?.size ?? 0)

  function continueAfter(last: number): void {
    number = Math.max(number, last + 1)
  }

  return {
    add: (record: ValidationRecord): boolean => {
      if (countLines() >= RECORDS_MAX) return false
      current.push(formatRecord(record))
      if (record.error === null) pending.add(record.licenseId, record.atMs)
      return true
    },
    addPart: (batch: EdgeBatch | null, records: readonly CountedRecord[]): boolean => {
      if (countLines() + records.length > RECORDS_MAX) return false
      parts.push({ batch, lines: records.map(formatCounted) })
      lateLines += records.length
      for (const one of records.filter(({ error }) => error === null)) pending.addLate(one)
      return true
    },
    isWriting: () => inFlight !== null,
    /** Returns the number that the next batch will have, unless the last in the file is higher. */
    readNextNumber: () => number,
    writeAll,
    continueAfter,
  }
}

const formatCounted = (record: CountedRecord) =>
  formatLate({ ...record, facts: formatFacts(record) })

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
