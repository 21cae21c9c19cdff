import { Fault } from '~/domain/faults.ts'

export type Noun =
  | 'activation'
  | 'API key'
  | 'customer'
  | 'delivery'
  | 'event'
  | 'license'
  | 'plan'
  | 'product'
  | 'seat'
  | 'webhook endpoint'

/** Throws `not_found` for null. */
export function requireFound<Found>(noun: Noun, found: Found | null): Found {
  if (found === null) throw new Fault('not_found', `No such ${noun}.`)
  return found
}
