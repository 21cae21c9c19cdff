import { SQLiteError } from 'bun:sqlite'
import { DrizzleError } from 'drizzle-orm'
import { Fault } from '~/domain/faults.ts'
import { isUnavailable } from '~/platform/sqlite-errors.ts'

/** Sentences for values of unique columns that are taken. */
export const takenSentences = {
  'products.slug': 'A product with this slug exists. Choose another slug.',
  'products.key_prefix': 'A product with this key_prefix exists. Choose another prefix.',
  'plans.slug': 'A plan with this slug exists, perhaps of another product. Choose another slug.',
  'licenses.key_hash': 'A license with this key exists. Look it up instead of creating it again.',
} as const

/** Converts a SQLite error to a Fault, or returns it unchanged if it is a bug of ours. */
export function toStorageFault(thrown: unknown): unknown {
  // drizzle wraps the errors of raw statements.
  const error = thrown instanceof DrizzleError ? thrown.cause : thrown
  if (!(error instanceof SQLiteError)) return thrown
  const column = /^UNIQUE constraint failed: ([\w.]+)/.exec(error.message)?.[1]
  const sentence = new Map(Object.entries(takenSentences)).get(column ?? '')
  if (sentence !== undefined) return new Fault('already_exists', sentence)
  if (error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY') {
    const detail = 'A referenced object was deleted in the meantime. Check the request, then retry.'
    return new Fault('in_use', detail)
  }
  return isUnavailable(error) ? tooBusy(error) : thrown
}

export function stopping(): Fault {
  return unavailable('The server is stopping. Retry shortly.')
}

export function tooBusy(cause?: unknown): Fault {
  return unavailable('The database cannot be written at the moment. Retry shortly.', cause)
}

const unavailable = (detail: string, cause?: unknown) =>
  new Fault('unavailable', detail, { retryAfterSeconds: 5, cause })
