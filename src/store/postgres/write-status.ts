import type { Degradation } from '~/domain/degradations.ts'
import type { Pool } from '~/platform/postgres.ts'
import { toStorageFault } from './errors.ts'

const detail =
  'The database cannot be reached or written. Check PostgreSQL, its disk and the network. Licet recovers by itself.'

/** Remembers whether the database could be used, until a write succeeds again. */
export function createWriteStatus(pool: Pool, onError: (error: unknown) => void) {
  let isFailing = false

  function fail(error: unknown): void {
    if (!isFailing) onError(error)
    isFailing = true
  }

  return {
    fail,
    /** Changes a row. */
    async check(): Promise<void> {
      try {
        await pool.unsafe(
          `INSERT INTO meta (name, value) VALUES ('last_write_probe', $1)
           ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
          [crypto.randomUUID()],
        )
        isFailing = false
      } catch (error) {
        fail(toStorageFault(error))
      }
    },
    list: (): readonly Degradation[] =>
      isFailing ? [{ reason: 'database_unwritable', detail }] : [],
  }
}
