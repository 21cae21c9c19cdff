import type { Degradation } from '~/domain/degradations.ts'
import type { Pool } from '~/platform/postgres.ts'
import { WRITE_PROBE } from '../shared/meta-names.ts'
import { toStorageFault } from './errors.ts'

const detail =
  'The database cannot be reached or written. Check PostgreSQL, its disk and the network. Licet recovers by itself.'

/** How often a database that could not be used is tried again. */
const RETRY_MS = 1000

/** Remembers whether the database could be used, until a write succeeds again. */
export function createWriteStatus(pool: Pool, onError: (error: unknown) => void) {
  let isFailing = false

  function fail(error: unknown): void {
    if (!isFailing) onError(error)
    isFailing = true
  }

  async function check(): Promise<void> {
    try {
      await pool.unsafe(
        `INSERT INTO meta (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
        [WRITE_PROBE, crypto.randomUUID()],
      )
      isFailing = false
    } catch (error) {
      fail(toStorageFault(error))
    }
  }

  let retrying: Promise<void> | null = null
  const timer = setInterval(() => {
    if (!isFailing) return
    retrying ??= check().finally(() => {
      retrying = null
    })
  }, RETRY_MS).unref()

  return {
    fail,
    /** Changes a row. */
    check,
    list: (): readonly Degradation[] =>
      isFailing ? [{ reason: 'database_unwritable', detail }] : [],
    close: async (): Promise<void> => {
      clearInterval(timer)
      await retrying
    },
  }
}
