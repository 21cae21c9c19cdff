import { Fault } from '~/domain/faults.ts'

/** Returns the Fault of a query or a write that cannot be done at the moment. */
export function unavailable(cause: unknown): Fault {
  const sentence = 'The usage history is unavailable at the moment. Try again shortly.'
  return new Fault('unavailable', sentence, { retryAfterSeconds: 5, cause })
}
