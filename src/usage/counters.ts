import { Database } from 'bun:sqlite'
import { pickLatest } from '~/domain/times.ts'
import type { UsageCounters } from '~/domain/usage.ts'
import type { Batch } from './buffer.ts'
import { usagePath } from './file.ts'

/** Short, because waiting for a lock would stop the event loop. Writers do not lock readers out. */
const BUSY_TIMEOUT_MS = 5

interface Row extends UsageCounters {
  readonly id: string
  readonly lastBatch: number
}

/** Reads on the main thread, not through the Worker: every license that is shown has counters. */
export function openCountersReader(directory: string, listPending: () => readonly Batch[]) {
  const db = new Database(usagePath(directory), { readonly: true, strict: true })
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  const selectBatch = db.query<{ number: number }, []>('SELECT number FROM batches')
  // One statement, so that the counters include all batches up to lastBatch and none after it.
  const select = db.query<Row, [string]>(
    `SELECT wanted.value AS id, (SELECT number FROM batches) AS lastBatch,
       coalesce(validation_count, 0) AS validationCount,
       nullif(last_validated_at_ms, 0) AS lastValidatedAtMs
     FROM json_each(?) AS wanted LEFT JOIN licenses ON licenses.id = wanted.value`,
  )

  return {
    /** Returns an entry for each id: the counters in the file plus those of the pending batches. */
    read: (licenseIds: readonly string[]): ReadonlyMap<string, UsageCounters> => {
      const rows = select.all(JSON.stringify(licenseIds))
      const lastBatch = rows[0]?.lastBatch ?? 0
      const counters = new Map<string, UsageCounters>()
      for (const { id, validationCount, lastValidatedAtMs } of rows) {
        counters.set(id, { validationCount, lastValidatedAtMs })
      }
      // The batch in flight may be in the file already.
      for (const batch of listPending()) if (batch.number > lastBatch) addBatch(counters, batch)
      return counters
    },
    /** The number of the last batch in the file. */
    readLastBatch: () => selectBatch.get()?.number ?? 0,
    close: () => db.close(),
  }
}

function addBatch(counters: Map<string, UsageCounters>, { records }: Batch): void {
  for (const { licenseId, error, atMs } of records) {
    const known = error === null ? counters.get(licenseId) : undefined
    if (known === undefined) continue
    counters.set(licenseId, {
      validationCount: known.validationCount + 1,
      lastValidatedAtMs: pickLatest(known.lastValidatedAtMs ?? 0, atMs),
    })
  }
}
