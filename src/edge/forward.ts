import { Fault } from '~/domain/faults.ts'
import type { ClientParts } from '~/http/client/find-license.ts'
import { clientHeaders } from '~/http/client/native-routes.ts'
import { pathOf } from '~/http/plugins/requests.ts'
import type { EdgeFigures } from './figures.ts'
import type { Guesses } from './guesses.ts'
import { isOutage, type Outage, type Primary, RejectedError, type Reply } from './primary.ts'

const requestHeaders = ['accept', 'content-type', 'if-none-match', 'user-agent']
/** Headers of other products, in requests and responses. */
const compatHeaders = [
  'access-control-expose-headers',
  'digest',
  'keygen-accept-signature',
  'keygen-date',
  'keygen-digest',
  'keygen-signature',
  'keygen-version',
  'location',
  'www-authenticate',
]
const responseHeaders = [
  'cache-control',
  'content-disposition',
  'content-type',
  'date',
  'etag',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'vary',
]
const RETRY_SECONDS = 1

/** A request of an app that the primary is to handle. */
export interface ForwardedRequest {
  readonly request: Request
  readonly requestId: string
  /** The body as it was sent; null without one. */
  readonly body: Uint8Array | null
  /** Whether it is in the format of another product. */
  readonly isCompat?: boolean
}

export type Forward = (forwarded: ForwardedRequest) => Promise<Response>

interface ForwardParts extends Pick<ClientParts, 'clientAddressOf' | 'countryOf'> {
  readonly primary: Pick<Primary, 'forward' | 'getOutage'>
  readonly guesses: Guesses
  readonly figures: EdgeFigures
}

/**
 * Returns a function that lets the primary handle a request, and relays its response. It throws a Fault
 * `primary_unreachable`: at once, if the primary was unreachable lately.
 */
export function createForward(parts: ForwardParts): Forward {
  const { primary, guesses, figures, clientAddressOf, countryOf } = parts

  function buildHeaders({ request, requestId, isCompat }: ForwardedRequest): Headers {
    const headers = new Headers()
    copyHeaders(request.headers, headers, requestHeaders)
    if (isCompat) addCompatHeaders(request, headers)
    headers.set('x-request-id', requestId)
    headers.set('licet-client-address', clientAddressOf(request))
    const country = countryOf(request)
    if (country !== null) headers.set('licet-client-country', country)
    return headers
  }

  async function send(forwarded: ForwardedRequest): Promise<Response> {
    const { request, body } = forwarded
    const { method, url } = request
    const headers = buildHeaders(forwarded)
    try {
      return relay(await primary.forward(pathOf(url) + searchOf(url), { method, headers, body }))
    } catch (cause) {
      if (!isOutage(cause)) throw cause
      throw unanswered(cause instanceof RejectedError ? 'rejected' : 'unreachable', cause)
    }
  }

  return async (forwarded) => {
    const { request } = forwarded
    const outage = primary.getOutage()
    if (outage !== null) throw unanswered(outage)
    figures.forwarded += 1
    // All calls of ours with a license key are posted. In other formats, a 404 may be about a known key, so
    // the primary counts.
    if (request.method !== 'POST' || forwarded.isCompat) return send(forwarded)
    const address = clientAddressOf(request)
    guesses.requireRoom(address)
    const response = await send(forwarded)
    if (response.status === 404) guesses.record(address)
    return response
  }
}

/** The primary knows the client by the token of the edge, so what the client sends has other names. */
function addCompatHeaders(request: Request, headers: Headers): void {
  copyHeaders(request.headers, headers, compatHeaders)
  const authorization = request.headers.get('authorization')
  if (authorization !== null) headers.set('licet-client-authorization', authorization)
  headers.set('licet-client-host', request.headers.get('host') ?? new URL(request.url).host)
}

function copyHeaders(from: Headers, to: Headers, names: readonly string[]): void {
  for (const name of names) {
    const value = from.get(name)
    if (value !== null) to.set(name, value)
  }
}

function searchOf(url: string): string {
  const at = url.indexOf('?')
  return at === -1 ? '' : url.slice(at)
}

/** Copies only what concerns the app: headers of the connection belong to the edge. */
function relay({ status, headers, bytes }: Reply): Response {
  const relayed = new Headers(clientHeaders)
  relayed.delete('content-type')
  copyHeaders(headers, relayed, [...responseHeaders, ...compatHeaders])
  return new Response(bytes.length === 0 ? null : bytes, { status, headers: relayed })
}

/** The Fault for a request that only the primary can answer, and which gets 503. */
export function unanswered(outage: Outage, cause?: unknown): Fault {
  return new Fault('primary_unreachable', details[outage], {
    retryAfterSeconds: RETRY_SECONDS,
    cause,
  })
}

const details: Readonly<Record<Outage, string>> = {
  unreachable: 'This edge cannot reach its primary at the moment. Retry later.',
  rejected:
    'The primary rejects the token of this edge, which may have been revoked. Replace LICET_EDGE_TOKEN, or send requests to another address.',
}
