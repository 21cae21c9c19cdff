import type { SharingSignals } from '~/domain/sharing.ts'
import { getBucket, noUsage } from '~/domain/usage.ts'
import { type Batch, createBuffer } from './buffer.ts'
import { createUsageClient, type UsageClient } from './client.ts'
import { openCountersReader } from './counters.ts'
import type { Usage } from './port.ts'
import { type PrepareOptions, prepareUsageFile } from './prepare.ts'

/** Records that become JSON at once. Requests are served between two chunks. */
const CHUNK_RECORDS = 1000

export interface UsageOptions extends PrepareOptions {
  /** Called for each license that exceeds a sharing threshold, once its validations are on disk. */
  readonly onSharing: (signals: SharingSignals) => Promise<void>
  /** Receives errors that no caller waits for. */
  readonly onError: (error: unknown) => void
  /** Called for each validation that finds no room in memory. */
  readonly onDropped: () => void
}

/**
 * Opens the usage file of a data directory, which it creates, migrates or upgrades first. Throws
 * MigrationError for an unknown schema, and Fault `unavailable` for a damaged file.
 */
export function openUsage(options: UsageOptions): Usage {
  const { directory, onSharing, onError, onDropped } = options
  prepareUsageFile(options)
  const client = createUsageClient(directory)
  const counters = openCountersReader(directory, () => buffer.listPending())
  const buffer = createBuffer({
    lastBatch: counters.readLastBatch(),
    write: async (batch) => {
      const exceeding = await writeBatch(client, batch)
      // The batch is on disk, so an error here must not repeat it.
      await Promise.all(exceeding.map((signals) => onSharing(signals).catch(onError)))
    },
    onError,
    onDropped,
  })

  /** Flushes first. When that fails, which the timer reports, the rest can still be read. */
  const query: UsageClient['call'] = async (name, ...args) => {
    await buffer.flush().catch(() => undefined)
    return client.call(name, ...args)
  }

  return {
    record: buffer.add,
    readCounters: async (licenseIds) => {
      try {
        return counters.read(licenseIds)
      } catch (error) {
        // Licenses are more important than their counters: they can be used without them.
        onError(error)
        return new Map(licenseIds.map((id) => [id, noUsage]))
      }
    },
    list: (...args) => query('list', ...args),
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
    flush: buffer.flush,
    // The Worker closes last: the last connection to the file runs a checkpoint.
    close: async () => {
      await using steps = new AsyncDisposableStack()
      steps.defer(client.close)
      steps.defer(counters.close)
      steps.defer(buffer.close)
    },
  }
}

async function writeBatch(client: UsageClient, { number, records }: Batch) {
  const chunks: string[] = []
  for (let start = 0; start < records.length; start += CHUNK_RECORDS) {
    if (start > 0) await new Promise((resolve) => setImmediate(resolve))
    chunks.push(JSON.stringify(records.slice(start, start + CHUNK_RECORDS)))
  }
  return client.call('write', number, chunks)
}
