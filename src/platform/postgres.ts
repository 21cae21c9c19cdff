import { SQL } from 'bun'

/** Of a pool whose options name no number. */
export const CONNECTIONS_MAX = 16
const CONNECT_TIMEOUT_SECONDS = 5
const CLOSE_TIMEOUT_SECONDS = 5

/** Limits of the database, so that a lock that is never released does not stop everything. */
const limits = {
  lock_timeout: '10s',
  statement_timeout: '60s',
  idle_in_transaction_session_timeout: '60s',
}

export interface PoolOptions {
  /** `postgres://…` */
  readonly url: string
  /** The schema with the tables; by default the one that the role of the URL finds first. */
  readonly schema?: string | undefined
  readonly connectionsMax?: number | undefined
}

/** The connections to a database. Each statement outside of transactions uses any of them. */
export type Pool = Pick<SQL, 'unsafe' | 'begin' | 'reserve' | 'close'>

/** A connection, or the pool, for statements as text. */
export type Connection = Pick<SQL, 'unsafe'>

/**
 * Returns a connection that sends each statement when it is called. Bun sends it when it is awaited, so
 * several that are awaited together could arrive in another order.
 */
export function sendAtOnce(connection: Connection): Connection {
  return { unsafe: (text, values) => connection.unsafe(text, values).execute() }
}

/** Opens no connection yet: the first statement does. */
export function openPool({ url, schema, connectionsMax = CONNECTIONS_MAX }: PoolOptions): Pool {
  const connection = {
    application_name: schema === undefined ? 'licet' : `licet ${schema}`,
    ...limits,
    ...(schema !== undefined && { search_path: schema }),
  }
  return new SQL({
    url,
    max: connectionsMax,
    connectionTimeout: CONNECT_TIMEOUT_SECONDS,
    connection,
  })
}

/** Closes the connections. Without a timeout, a connection that has died keeps it waiting. */
export function closePool(pool: Pool): Promise<void> {
  return pool.close({ timeout: CLOSE_TIMEOUT_SECONDS })
}

/** Returns the text of a PostgreSQL array, for a parameter such as `$1::text::text[]`. */
export function formatArray(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`)}}`
}
