import { Database } from 'bun:sqlite'
import { pickLatest } from '~/domain/times.ts'
import { noUsage, type UsageCounters } from '~/domain/usage.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'
import { isBusy } from '~/platform/sqlite-errors.ts'
import { usagePath } from './file.ts'
import type { PendingCounters } from './pending-counters.ts'
import { getShard } from './shards.ts'
import { lastFoldedOf } from './staged.ts'

/** Short, because waiting for a lock would stop the event loop. Writers do not lock readers out. */
const BUSY_TIMEOUT_MS = 5
/** While another program locks the file, it is tried only this often. */
const BUSY_RETRY_MS = 1000
/** Licenses whose counters are remembered for the time when the file cannot be read. */
const KNOWN_MAX = 10_000

/** The counters of a license that are stored, up to a batch of this process. */
export interface StoredCounters extends UsageCounters {
  readonly lastBatch: number
}

interface Row extends StoredCounters {
  readonly id: string
}

export type CountersReader = ReturnType<typeof createCountersReader>

/** Reads on the main thread, not through the Worker: every license that is shown has counters. */
export function createCountersReader(
  directory: string,
  listPending: (licenseId: string) => readonly PendingCounters[],
) {
  const known = createBoundedMap<string, Row>(KNOWN_MAX)
  let connection: ReturnType<typeof connect> | null = null
  let retryAtMs = 0

  function close(): void {
    connection?.close()
    connection = null
  }

  /** Licenses are more important than their counters, so these may be missing or old. */
  function findRows(licenseIds: readonly string[]): readonly Row[] {
    try {
      if (performance.now() < retryAtMs) return findKnown(licenseIds)
      connection ??= connect(directory)
      const rows = connection.select(licenseIds)
      for (const row of rows) known.set(row.id, row)
      return rows
    } catch (error) {
      close()
      if (isBusy(error)) retryAtMs = performance.now() + BUSY_RETRY_MS
      return findKnown(licenseIds)
    }
  }

  const findKnown = (licenseIds: readonly string[]) =>
    licenseIds.map((id) => known.get(id) ?? { ...noUsage, id, lastBatch: 0 })

  return {
    /**
     * Returns an entry for each id: the counters in the file plus those that are pending. While the
     * file cannot be read, its counters are those that were read last.
     */
    read: (licenseIds: readonly string[]): ReadonlyMap<string, UsageCounters> => {
      return new Map(
        findRows(licenseIds).map((row) => [row.id, addPending(row, listPending(row.id))]),
      )
    },
    /** Closes the file. The next read opens it again. */
    close,
  }
}

function connect(directory: string) {
  const db = new Database(usagePath(directory), { readonly: true, strict: true })
  try {
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    // One statement, so that the counters include all batches up to lastBatch and none after it.
    const select = db.query<Row, [string]>(
      `SELECT value ->> 0 AS id, ${lastFoldedOf('value ->> 1')} AS lastBatch,
         coalesce(validation_count, 0) AS validationCount,
         nullif(last_validated_at_ms, 0) AS lastValidatedAtMs
       FROM json_each(?) LEFT JOIN licenses ON licenses.id = value ->> 0`,
    )
    return {
      select: (licenseIds: readonly string[]) =>
        select.all(JSON.stringify(licenseIds.map((id) => [id, getShard(id)]))),
      close: () => db.close(),
    }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Adds the batches that the stored counters do not include. */
export function addPending(
  row: StoredCounters,
  pending: readonly PendingCounters[],
): UsageCounters {
  let { validationCount } = row
  let lastAtMs = row.lastValidatedAtMs ?? 0
  for (const added of pending) {
    // The counters in the file may include them already.
    if (added.lastBatch <= row.lastBatch) continue
    validationCount += added.validationCount
    if (added.lastValidatedAtMs) lastAtMs = pickLatest(lastAtMs, added.lastValidatedAtMs)
    lastAtMs = Math.max(lastAtMs, added.lateAtMs)
  }
  return { validationCount, lastValidatedAtMs: lastAtMs || null }
}
