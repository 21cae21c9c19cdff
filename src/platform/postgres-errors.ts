import { SQL } from 'bun'

type PostgresError = InstanceType<typeof SQL.PostgresError>

/** Returns the error of the database itself: drizzle wraps it. Null for any other error. */
export function findPostgresError(thrown: unknown): PostgresError | null {
  if (thrown instanceof SQL.PostgresError) return thrown
  const cause = thrown instanceof Error ? thrown.cause : null
  return cause instanceof SQL.PostgresError ? cause : null
}

const stateOf = (thrown: unknown) => findPostgresError(thrown)?.errno ?? ''

/** Whether the transaction lost against another one, so that it can be run again: no part was written. */
export function isConflict(thrown: unknown): boolean {
  return /^(?:40001|40P01)$/.test(stateOf(thrown))
}

/** Whether a connection was ended, so that a read can be repeated on another one. */
export function isConnectionLost(thrown: unknown): boolean {
  const error = findPostgresError(thrown)
  return error !== null && (/^57P0[123]$/.test(error.errno ?? '') || isOfDriver(error))
}

/**
 * Whether the database cannot be used at the moment: away, shutting down, out of connections or space,
 * read-only after a failover, or kept busy by locks.
 */
export function isUnavailable(thrown: unknown): boolean {
  const states = /^(?:08|53|57P|58|55P03|57014|25006|25P0[34]|40001|40P01)/
  return isConnectionLost(thrown) || states.test(stateOf(thrown))
}

const isOfDriver = ({ code }: PostgresError) =>
  /^ERR_POSTGRES_(?:CONNECTION|IDLE_TIMEOUT|LIFETIME_TIMEOUT)/.test(code)
