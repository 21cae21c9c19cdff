import { createHash } from 'node:crypto'
import type { Provider } from '~/domain/purchases.ts'

const ID_LENGTH_MAX = 255
const TYPE_LENGTH_MAX = 255

type Fields = Readonly<Record<string, unknown>>

/** Where each provider sends the type of an event. */
const findTypes: Readonly<Record<Provider, (event: Fields) => unknown>> = {
  stripe: ({ type }) => type,
  paddle: ({ event_type }) => event_type,
  lemonsqueezy: ({ meta }) =>
    typeof meta === 'object' && meta !== null && 'event_name' in meta ? meta.event_name : null,
  polar: ({ type }) => type,
  standard: ({ type }) => type,
}

/** Returns the provider's name of an event's type; null if it has none. */
export function nameType(provider: Provider, event: Fields): string | null {
  const type = findTypes[provider](event)
  return typeof type === 'string' && type !== '' && type.length <= TYPE_LENGTH_MAX ? type : null
}

/** Where each provider sends the ID of an event, which stays the same when it is sent again. */
const findIds: Readonly<Record<Provider, (event: Fields, headers: Headers) => unknown>> = {
  stripe: ({ id }) => id,
  paddle: ({ event_id }) => event_id,
  lemonsqueezy: () => null,
  polar: (_event, headers) => headers.get('webhook-id'),
  standard: ({ id }, headers) => id ?? headers.get('webhook-id'),
}

/** Returns the provider's ID of an event, or the hash of a body that has none. */
export function identifyEvent(
  provider: Provider,
  event: Fields,
  { headers, body }: { readonly headers: Headers; readonly body: Uint8Array },
): string {
  const found = findIds[provider](event, headers)
  const id = typeof found === 'number' ? String(found) : found
  if (typeof id === 'string' && id !== '' && id.length <= ID_LENGTH_MAX) return id
  return `sha256:${createHash('sha256').update(body).digest('hex')}`
}
