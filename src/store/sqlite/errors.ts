import { SQLiteError } from 'bun:sqlite'
import { DrizzleError } from 'drizzle-orm'
import { Fault } from '~/domain/faults.ts'
import { isDamage, isRefusedByDisk, isUnavailable } from '~/platform/sqlite-errors.ts'
import {
  deletedMeanwhile,
  formerSecret,
  isFormerSecret,
  takenSentences,
  tooBusy,
  unavailable,
} from '../shared/faults.ts'

/** Converts a SQLite error to a Fault, or returns it unchanged if it is a bug of ours. */
export function toStorageFault(thrown: unknown): unknown {
  // drizzle wraps the errors of raw statements.
  const error = thrown instanceof DrizzleError ? thrown.cause : thrown
  if (isRefusedByDisk(error)) return tooBusy(error)
  if (!(error instanceof SQLiteError)) return thrown
  const column = /^UNIQUE constraint failed: (?:[\w.]+, )*([\w.]+)/.exec(error.message)?.[1]
  const sentence = new Map(Object.entries(takenSentences)).get(column ?? '')
  if (sentence !== undefined) return new Fault('already_exists', sentence)
  if (error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY') {
    return deletedMeanwhile()
  }
  if (error.code === 'SQLITE_CONSTRAINT_TRIGGER' && isFormerSecret(error))
    return formerSecret(error)
  if (isDamage(error))
    return unavailable('The database is damaged. Retry once it is restored.', error)
  return isUnavailable(error) ? tooBusy(error) : thrown
}

type Method = (...args: never) => unknown

/**
 * Returns a function that makes the methods of a noun throw or reject with a Fault if the database
 * cannot be read, and passes its error on to `onFailure`.
 */
export function createReport(onFailure: (error: SQLiteError) => void) {
  function toReported(thrown: unknown): unknown {
    const fault = toStorageFault(thrown)
    if (fault instanceof Fault && fault.cause instanceof SQLiteError) onFailure(fault.cause)
    return fault
  }

  function wrap(method: Method): Method {
    return (...args) => {
      try {
        const result = method(...args)
        if (!(result instanceof Promise)) return result
        return result.catch((error) => {
          throw toReported(error)
        })
      } catch (error) {
        throw toReported(error)
      }
    }
  }

  return <Noun extends object>(noun: Noun): Noun => {
    const methods = Object.entries(noun).map(([name, method]) => [name, wrap(method)])
    return Object.fromEntries(methods) as Noun
  }
}
