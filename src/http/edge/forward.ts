import { Elysia } from 'elysia'
import { isAddress } from '~/domain/cidrs.ts'
import { parseCountry } from '~/domain/usage.ts'
import type { FindCountry } from '~/platform/countries.ts'
import type { ClientAddressOf, CountryOf } from '../plugins/client-address.ts'
import { edgeOf } from '../plugins/edge-auth.ts'
import { logQuietly, requestState } from '../plugins/requests.ts'
import { openOptions } from '../plugins/route-options.ts'
import { createRunOnce } from './run-once.ts'

const PREFIX = '/api/v1/edge/forward'
/** More than that of any client route, which then rejects it itself. */
const BODY_BYTES_MAX = 1_048_576
const ADDRESS = 'licet-client-address'
const COUNTRY = 'licet-client-country'
/** The Authorization header of the client: that of the request has the token of the edge. */
const AUTHORIZATION = 'licet-client-authorization'
/** Chosen by the edge. The request ID would not do, because clients choose it. */
const FORWARD_ID = 'licet-forward-id'
/** Marks the response to a client, whose status says nothing about the edge. */
export const FORWARDED = 'licet-forwarded'
const FORWARD_ID_CHARACTERS_MAX = 64

/** Responds to the request of a client. */
export type Respond = (request: Request) => Promise<Response>

/**
 * Runs client routes for the clients of an edge: what follows the prefix is the path that the client
 * has called. The response is the same as if the client had called this server.
 */
export const edgeForwardRoutes = (respond: Respond, clientAddressOf: ClientAddressOf) => {
  const runOnce = createRunOnce()
  const forward = ({ request, body }: { readonly request: Request; readonly body: unknown }) => {
    // The request of the client has its own line.
    logQuietly(request)
    const run = async () => {
      const response = await respond(unwrap(request, body, clientAddressOf))
      response.headers.set(FORWARDED, '1')
      return response
    }
    const id = request.headers.get(FORWARD_ID) ?? ''
    if (request.method === 'GET' || id === '' || id.length > FORWARD_ID_CHARACTERS_MAX) return run()
    return runOnce(`${edgeOf(request).id} ${id}`, run)
  }
  const options = {
    credential: 'edge token',
    rawBody: true,
    bodyBytesMax: BODY_BYTES_MAX,
    detail: { hide: true },
  } as const

  const app = new Elysia().macro(openOptions)
  // The path `/` is none of ours, but that of another product.
  for (const path of ['/forward', '/forward/*']) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      app.route(method, path, forward, options)
    }
  }
  return app
}

/** Returns the request of the client, with its address as the edge states it. */
function unwrap(request: Request, body: unknown, clientAddressOf: ClientAddressOf): Request {
  const { url } = request
  // The router makes the response to HEAD out of that to GET.
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const headers = new Headers(request.headers)
  const authorization = headers.get(AUTHORIZATION)
  headers.delete(AUTHORIZATION)
  if (authorization === null) headers.delete('authorization')
  else headers.set('authorization', authorization)
  headers.set('x-request-id', requestState(request).id)
  if (!isAddress(headers.get(ADDRESS) ?? '')) headers.set(ADDRESS, clientAddressOf(request))
  const init = { method, headers, ...(body instanceof Uint8Array && { body: body.slice() }) }
  return new Request(url.replace(PREFIX, ''), init)
}

/** Reads the address of a client from a request that `edgeForwardRoutes` has unwrapped. */
export const forwardedAddressOf: ClientAddressOf = ({ headers }) => headers.get(ADDRESS) ?? ''

/** Returns the country of a client: as the edge states it, otherwise by the address. */
export const createForwardedCountryOf =
  (findCountry: FindCountry): CountryOf =>
  (request) =>
    parseCountry(request.headers.get(COUNTRY)) ?? findCountry(forwardedAddressOf(request))
