import { isOfServer } from '~/wire/server-responses.ts'
import { readBytes } from './bytes.ts'
import type { EdgeParts, Visit } from './options.ts'
import type { Validation } from './validations.ts'

/** Apps wait three seconds, and then go on with what they know. */
const TIMEOUT_MS = 3000
const REPLY_BYTES_MAX = 8_388_608

const FORWARD = '/api/v1/edge/forward'
const FACTS = '/api/v1/edge/facts'
const USAGE = '/api/v1/edge/usage'

/** Headers of an app that the primary reads. It needs no cookies. */
const requestHeaders = [
  'accept',
  'content-encoding',
  'content-type',
  'if-none-match',
  'user-agent',
  'x-request-id',
]
/** Statuses of facts that must not be kept: the key is unknown (429: one of many), or works only for a while. */
const withoutFacts = [404, 409, 429]

/** A response of the primary, with its whole body. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface Primary {
  /** Sends the request of an app. Returns null if the primary does not respond. */
  forward(request: Request, bytes: Uint8Array<ArrayBuffer>, visit: Visit): Promise<Reply | null>
  /** Asks for the facts of a place; null if the key has no license. Rejects without an answer. */
  readFacts(validation: Validation): Promise<unknown>
  /** Posts validations that were answered here. Rejects if they are not recorded. */
  postUsage(body: object): Promise<void>
}

export function createPrimary({ options, onProblem }: EdgeParts): Primary {
  const { token, fetch = (request: Request) => globalThis.fetch(request) } = options
  const base = options.primary.replace(/\/+$/, '')

  async function send(path: string, init: RequestInit & { headers: Headers }): Promise<Reply> {
    init.headers.set('authorization', `Bearer ${token}`)
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const request = new Request(base + path, { ...init, redirect: 'manual', signal })
    const response = await fetch(request)
    const bytes = await readBytes(response, REPLY_BYTES_MAX)
    if (bytes === null) throw new Error(`The response to ${path} exceeds 8 MiB.`)
    const { status, headers } = response
    if (!isOfServer(response))
      throw new Error(`The primary is not there: its address returns ${status}.`)
    if (status === 401) throw new Error('The primary does not know the token of this edge.')
    if (status === 421) throw new Error(notServed)
    return { status, headers, bytes }
  }

  function post(path: string, body: object): Promise<Reply> {
    const headers = new Headers({ 'content-type': 'application/json' })
    return send(path, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  return {
    async forward(request, bytes, visit) {
      const { pathname, search } = new URL(request.url)
      const headers = buildHeaders(request.headers, visit)
      const init = request.method === 'POST' ? { method: 'POST', body: bytes } : {}
      try {
        return await send(FORWARD + pathname + search, { ...init, headers })
      } catch (error) {
        onProblem(error)
        return null
      }
    },
    async readFacts({ key, domain, fingerprint }) {
      const reply = await post(FACTS, { key, domain, fingerprint })
      if (withoutFacts.includes(reply.status)) return null
      requireSuccess(FACTS, reply)
      return JSON.parse(new TextDecoder().decode(reply.bytes))
    },
    async postUsage(body) {
      requireSuccess(USAGE, await post(USAGE, body))
    },
  }
}

const notServed =
  'The address of the primary is that of another edge, or a name that LICET_ALLOWED_HOSTS of the primary lacks.'

function requireSuccess(path: string, { status, bytes }: Reply): void {
  if (status === 200) return
  throw new Error(`${path} answered with ${status}: ${new TextDecoder().decode(bytes)}`)
}

function buildHeaders(given: Headers, { address, country }: Visit): Headers {
  const headers = new Headers()
  if (address) headers.set('licet-client-address', address)
  if (country) headers.set('licet-client-country', country)
  for (const name of requestHeaders) {
    const value = given.get(name)
    if (value !== null) headers.set(name, value)
  }
  return headers
}
