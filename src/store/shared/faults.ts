import { Fault } from '~/domain/faults.ts'

/** Sentences for values of unique columns that are taken. */
export const takenSentences = {
  'products.slug': 'A product with this slug exists. Choose another slug.',
  'products.key_prefix': 'A product with this key_prefix exists. Choose another prefix.',
  'plans.slug': 'A plan with this slug exists, perhaps of another product. Choose another slug.',
  'operators.name': 'An operator with this name exists. Choose another name.',
  'edges.name': 'An edge with this name exists. Choose another name.',
  'activations.external_id':
    'An activation of this license has this external ID. Choose another one.',
  'licenses.key_hash': 'A license with this key exists. Look it up instead of creating it again.',
} as const

export function stopping(): Fault {
  return unavailable('The server is stopping. Retry shortly.')
}

export function tooBusy(cause?: unknown): Fault {
  return unavailable('The database cannot be written at the moment. Retry shortly.', cause)
}

export const unavailable = (detail: string, cause?: unknown) =>
  new Fault('unavailable', detail, { retryAfterSeconds: 5, cause })

/** Whether a trigger has refused what was encrypted with a former master secret. */
export const isFormerSecret = ({ message }: Error) =>
  message.startsWith('The master secret was replaced.')

/** For what a trigger refuses, because it was encrypted with a former master secret. */
export const formerSecret = (cause: Error) =>
  unavailable('The master secret was replaced in the meantime. Retry shortly.', cause)

export function deletedMeanwhile(): Fault {
  const detail = 'A referenced object was deleted in the meantime. Check the request, then retry.'
  return new Fault('in_use', detail)
}
