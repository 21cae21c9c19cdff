import { Database } from 'bun:sqlite'
import { Fault } from '~/domain/faults.ts'
import type { SharingSignals } from '~/domain/sharing.ts'
import { getBucket } from '~/domain/usage.ts'
import { type Buffer, createBuffer } from './buffer.ts'
import { createUsageClient, type UsageClient } from './client.ts'
import { type CountersReader, createCountersReader } from './counters.ts'
import { createRecordEdgeBatch } from './edge-intake.ts'
import { BUSY_TIMEOUT_MS, type UsageFile, usagePath } from './file.ts'
import { createFileHealth, type Health } from './health.ts'
import { createLastCalls, type LastCalls } from './last-calls.ts'
import type { Usage } from './port.ts'
import { type PrepareOptions, prepareUsageFile } from './prepare.ts'
import { readStagedCounters } from './staged.ts'

/** How often a file that could not be opened is tried again. */
const RETRY_MS = 2000

export interface UsageOptions extends PrepareOptions {
  /** Called for each license that exceeds a sharing threshold, once its validations are on disk. */
  readonly onSharing: (signals: SharingSignals) => Promise<void>
  /** Receives errors that no caller waits for. */
  readonly onError: (error: unknown) => void
  /** Called for each validation that finds no room in memory. */
  readonly onDropped: () => void
}

/**
 * Opens the usage file of a data directory, which it creates, migrates or upgrades first. A file that
 * cannot be used does not prevent that: see `listDegradations`. Throws a Fault of `beforeMigrating`.
 */
export function openUsage(options: UsageOptions): Usage {
  const { directory, onError, onDropped } = options
  const health = createFileHealth(directory, onError)
  const client = createUsageClient(options, (setAside) => {
    counters.close()
    health.reportSetAside(setAside)
    // At the start, the file may not have been readable.
    tryTo(inherit, onError)
  })
  const last = createLastCalls(client, options)
  const counters = createCountersReader(directory, (licenseId) => buffer.listPending(licenseId))
  const buffer = createBuffer({
    readLastBatch: () => readLastBatch(),
    write: (...batch) => report(last.call('write', ...batch)),
    foldDue: () => report(last.call('foldDue')),
    // `health` has reported it.
    onError: () => undefined,
    onDropped,
  })

  const report = createReport(health, options)
  const inherit = () => buffer.inherit(() => readStagedIn(directory))
  const readLastBatch = () => health.watch(last.call('readLastBatch'))

  try {
    health.reportSetAside(prepareUsageFile(options))
    inherit()
  } catch (error) {
    if (error instanceof Fault) throw error
    health.fail(error)
  }
  // A file that cannot be opened is tried again, even if there is nothing to write. If there is, only
  // writing shows whether it works: another program may lock the file against that alone.
  const retry = setInterval(() => {
    if (!health.isWritable()) void (buffer.retry() ?? readLastBatch()).catch(() => undefined)
  }, RETRY_MS).unref()

  const query = createQuery(client, buffer, health)
  return {
    record: buffer.add,
    recordEdgeBatch: createRecordEdgeBatch({
      add: buffer.addEdgeBatch,
      readLast: (...run) => health.limitWait(client.call('readLastOfEdge', ...run)),
      flush: () => health.limitWait(buffer.flush()),
    }),
    readCounters: async (licenseIds) => counters.read(licenseIds),
    list: (...args) => query('list', ...args),
    listMany: (...args) => client.call('listMany', ...args),
    listCounts: (...args) => query('listCounts', ...args),
    listSeries: (...args) => query('listSeries', ...args),
    countDevices: (...args) => query('countDevices', ...args),
    export: (range, after, max) =>
      after === null
        ? query('export', range, after, max)
        : client.call('export', range, after, max),
    trim: (beforeMs, max) => client.call('trim', getBucket(beforeMs, 'day'), max),
    erase: async (licenseIds, nowMs) => {
      await buffer.flush()
      return client.call('erase', licenseIds, nowMs)
    },
    fold: async () => 0,
    truncateLog: () => client.call('foldLog'),
    listDegradations: health.listDegradations,
    flush: buffer.flush,
    close: () => {
      clearInterval(retry)
      return closeAll({ buffer, counters, last })
    },
  }
}

/** Returns a function that takes over what a write or a fold reports. */
function createReport(health: Health, { onSharing, onError }: UsageOptions) {
  return async (call: Promise<ReturnType<UsageFile['foldDue']>>): Promise<readonly number[]> => {
    const { exceeding, lastFolded } = await health.watch(call)
    // The batch is on disk, so an error here must not repeat it.
    await Promise.all(exceeding.map((signals) => onSharing(signals).catch(onError)))
    return lastFolded
  }
}

/** Returns a function that flushes first, unless the last write failed: the rest can still be read. */
function createQuery(client: UsageClient, buffer: Buffer, health: Health): UsageClient['call'] {
  return (name, ...args) => {
    const flushed = health.isWritable() ? buffer.flush() : Promise.resolve()
    const result = flushed.catch(() => undefined).then(() => client.call(name, ...args))
    return health.limitWait(result)
  }
}

interface Parts {
  readonly buffer: Buffer
  readonly counters: CountersReader
  readonly last: LastCalls
}

async function closeAll({ buffer, counters, last }: Parts): Promise<void> {
  await using steps = new AsyncDisposableStack()
  // Closed last: the last connection to the file runs a checkpoint.
  steps.defer(last.close)
  steps.defer(counters.close)
  steps.defer(() => buffer.close().catch(rejectLost))
  steps.defer(last.begin)
}

function readStagedIn(directory: string) {
  using db = new Database(usagePath(directory), { readonly: true, strict: true })
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  return readStagedCounters(db)
}

function tryTo(run: () => void, onError: (error: unknown) => void): void {
  try {
    run()
  } catch (error) {
    onError(error)
  }
}

function rejectLost(cause: unknown): never {
  const reason = cause instanceof Fault ? cause.cause : cause
  const detail = `The usage file could not be written, so its counters and history lack the last validations: ${reason}`
  throw new Fault('unavailable', detail, { cause })
}
