/** The parts of a response that say where it is from. */
interface Received {
  readonly status: number
  readonly headers: { get(name: string): string | null }
}

/**
 * Returns whether a response of an API route is that of the server, which puts an ID into each. A proxy
 * in front of it responds with pages or redirects of its own, and may put IDs into those.
 */
export function isOfServer({ status, headers }: Received): boolean {
  if (headers.get('x-request-id') === null) return false
  if (status >= 300 && status < 400) return status === 304
  const type = headers.get('content-type') ?? ''
  if (status >= 502) return type.startsWith('application/problem+json')
  return type.startsWith('application/') || (status < 300 && type.startsWith('text/plain'))
}
