import { Fault } from '~/domain/faults.ts'
import { findPostgresError, isUnavailable } from '~/platform/postgres-errors.ts'
import {
  deletedMeanwhile,
  formerSecret,
  isFormerSecret,
  takenSentences,
  tooBusy,
} from '../shared/faults.ts'

const UNIQUE_VIOLATION = '23505'
const RAISED = 'P0001'
const FOREIGN_KEY_VIOLATION = '23503'

/** By the names that drizzle-kit gives to the constraints of these columns. */
const sentences = new Map<string, string>([
  ...Object.entries(takenSentences).map(
    ([column, sentence]) => [`${column.replace('.', '_')}_unique`, sentence] as const,
  ),
  // Indexes, because the name of a revoked edge is free, and most activations have no external ID.
  ['edges_by_name', takenSentences['edges.name']],
  ['activations_by_external_id', takenSentences['activations.external_id']],
])

/** Converts an error of PostgreSQL to a Fault, or returns it unchanged if it is a bug of ours. */
export function toStorageFault(thrown: unknown): unknown {
  const error = findPostgresError(thrown)
  if (error === null) return thrown
  if (error.errno === UNIQUE_VIOLATION) {
    const sentence = sentences.get(error.constraint ?? '')
    return sentence === undefined ? thrown : new Fault('already_exists', sentence)
  }
  if (error.errno === FOREIGN_KEY_VIOLATION) return deletedMeanwhile()
  if (error.errno === RAISED && isFormerSecret(error)) return formerSecret(error)
  return isUnavailable(error) ? tooBusy(error) : thrown
}

type Method = (...args: never) => unknown

/** Makes the methods of a noun reject with a Fault if the database cannot be used. */
export function reportFaults<Noun extends object>(
  noun: Noun,
  onUnavailable: (error: unknown) => void,
): Noun {
  function wrap(method: Method): Method {
    return (...args) => {
      const result = method(...args)
      if (!(result instanceof Promise)) return result
      return result.catch((thrown: unknown) => {
        const fault = toStorageFault(thrown)
        if (fault instanceof Fault && fault.kind === 'unavailable') onUnavailable(fault.cause)
        throw fault
      })
    }
  }
  const methods = Object.entries(noun).map(([name, method]) => [name, wrap(method)])
  return Object.fromEntries(methods) as Noun
}
