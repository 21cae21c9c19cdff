import type { Connection, Pool } from '~/platform/postgres.ts'
import { isConflict, isConnectionLost, isUnavailable } from '~/platform/postgres-errors.ts'
import { unavailable } from '../unavailable.ts'

const ATTEMPTS_MAX = 5

/** Writers hold it together. What has to wait for all of them, and keep them waiting, holds it alone. */
const WRITERS_LOCK = 7_236_184_522

export const lockShared = (connection: Connection) =>
  connection.unsafe(`SELECT pg_advisory_xact_lock_shared(${WRITERS_LOCK})`)

/** Runs work in a transaction while no batch is written. */
export const runAlone = <Result>(
  pool: Pool,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> =>
  transact(pool, async (connection) => {
    await connection.unsafe(`SELECT pg_advisory_xact_lock(${WRITERS_LOCK})`)
    return work(connection)
  })

/**
 * Runs work in a transaction, again after a conflict with another one. Throws a Fault `unavailable` if the
 * database cannot be used.
 */
export async function transact<Result>(
  pool: Pool,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await pool.begin(work)
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS_MAX) throw toFault(error)
    }
  }
}

/** Reads rows, again if the connection was lost. Throws a Fault `unavailable` like `transact`. */
export async function query<Row>(
  pool: Pool,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const run = () => pool.unsafe<Row[]>(text, [...values])
  try {
    return await run().catch((error) => {
      if (isConnectionLost(error)) return run()
      throw error
    })
  } catch (error) {
    throw toFault(error)
  }
}

const toFault = (error: unknown) => (isUnavailable(error) ? unavailable(error) : error)
