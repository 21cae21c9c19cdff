import { Database } from 'bun:sqlite'
import type { Recorder, Tally } from '../recorder.ts'
import { BUSY_TIMEOUT_MS } from './connection.ts'
import { historyPath } from './history.ts'

/** How licenses and activations were used, as far as the history and what waits for it know. */
export interface UseReads {
  usesOf(licenseId: string): Tally | null
  seenAtMs(activationId: string): number | null
  /** The number of the last batch that is in the history. */
  lastBatch(): number
  close(): void
}

interface LicenseRow {
  readonly written: number
  readonly count: number
  readonly lastAtMs: number
}

/** Reads beside the Worker, at once: these figures stand in every view of a license. */
export function createUseReads(directory: string, waiting: Recorder['waiting']): UseReads {
  const db = new Database(historyPath(directory), { readonly: true, strict: true })
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  const batch = db.query<{ number: number }, []>('SELECT number FROM groups')
  // One statement, so that the batch is the last of those whose counts it reads.
  const license = db.query<LicenseRow, [string]>(
    `SELECT (SELECT number FROM groups) AS written, validation_count AS count,
       last_validated_at_ms AS lastAtMs FROM licenses WHERE id = ?`,
  )
  const sighting = db.query<{ atMs: number }, [string]>(
    'SELECT at_ms AS atMs FROM sightings WHERE activation_id = ?',
  )

  function usesOf(licenseId: string): Tally | null {
    const row = license.get(licenseId)
    const uses = { count: row?.count ?? 0, lastAtMs: row?.lastAtMs ?? 0 }
    for (const { number, tallies } of waiting()) {
      const tally = tallies.get(licenseId)
      // What is being written may be there already.
      if (tally === undefined || (row !== null && number <= row.written)) continue
      uses.count += tally.count
      uses.lastAtMs = Math.max(uses.lastAtMs, tally.lastAtMs)
    }
    return uses.count === 0 ? null : uses
  }

  function seenAtMs(activationId: string): number | null {
    const times = waiting().map(({ sightings }) => sightings.get(activationId) ?? 0)
    const seen = Math.max(sighting.get(activationId)?.atMs ?? 0, ...times)
    return seen === 0 ? null : seen
  }

  return {
    usesOf,
    seenAtMs,
    lastBatch: () => batch.get()?.number ?? 0,
    close: () => db.close(),
  }
}
