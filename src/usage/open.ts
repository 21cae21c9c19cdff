import { Fault } from '~/domain/faults.ts'
import type { SharingSignals } from '~/domain/sharing.ts'
import { getBucket } from '~/domain/usage.ts'
import { type Buffer, createBuffer } from './buffer.ts'
import { createUsageClient, type UsageClient } from './client.ts'
import { type CountersReader, createCountersReader } from './counters.ts'
import { createHealth } from './health.ts'
import { createLastCalls, type LastCalls } from './last-calls.ts'
import type { Usage } from './port.ts'
import { type PrepareOptions, prepareUsageFile } from './prepare.ts'

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
  const { directory, onSharing, onError, onDropped } = options
  const health = createHealth(directory, onError)
  const client = createUsageClient(options, (setAside) => {
    counters.close()
    health.reportSetAside(setAside)
  })
  const last = createLastCalls(client, options)
  const counters = createCountersReader(directory, () => buffer.listPending())
  const buffer = createBuffer({
    readLastBatch: () => readLastBatch(),
    write: async (batch) => {
      const written = last.call('write', batch.number, batch.lines.join('\n'))
      const { exceeding, lastFolded } = await health.watch(written)
      // The batch is on disk, so an error here must not repeat it.
      await Promise.all(exceeding.map((signals) => onSharing(signals).catch(onError)))
      return lastFolded
    },
    // `health` has reported it.
    onError: () => undefined,
    onDropped,
  })

  const readLastBatch = () => health.watch(last.call('readLastBatch'))
  try {
    health.reportSetAside(prepareUsageFile(options))
  } catch (error) {
    if (error instanceof Fault) throw error
    health.fail(error)
  }
  // A file that cannot be opened is tried again, even if there is nothing to write.
  const retry = setInterval(() => {
    if (!health.isWritable()) void readLastBatch().catch(() => undefined)
  }, RETRY_MS).unref()

  /** Flushes first, unless the last write failed: the rest can still be read. */
  const query: UsageClient['call'] = (name, ...args) => {
    const flushed = health.isWritable() ? buffer.flush() : Promise.resolve()
    const result = flushed.catch(() => undefined).then(() => client.call(name, ...args))
    return health.limitWait(result)
  }

  return {
    record: buffer.add,
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
    erase: async (licenseIds) => {
      await buffer.flush()
      return client.call('erase', licenseIds)
    },
    optimize: () => client.call('foldLog'),
    listDegradations: health.listDegradations,
    flush: buffer.flush,
    close: () => {
      clearInterval(retry)
      return closeAll({ buffer, counters, last })
    },
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
  // So that a backup of the stopped server has all counters.
  steps.defer(() => (buffer.hasStaged() ? last.call('fold') : undefined))
  steps.defer(() => buffer.close().catch(rejectLost))
  steps.defer(last.begin)
}

function rejectLost(cause: unknown): never {
  const reason = cause instanceof Fault ? cause.cause : cause
  const detail = `The usage file could not be written, so its counters and history lack the last validations: ${reason}`
  throw new Fault('unavailable', detail, { cause })
}
