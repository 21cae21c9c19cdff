import { isIP, isIPv6 } from 'node:net'
import type { AddressGuard } from '~/domain/endpoints.ts'
import { removeUnstorable } from '~/domain/text.ts'

const TIMEOUT_MS = 15_000
const RESPONSE_BYTES_MAX = 64 * 1024
const RESPONSE_BYTES_KEPT = 1024
const ADDRESSES_PER_POST_MAX = 3
const IDLE_SECONDS = 4
const IDLE_SOCKETS_MAX = 256

/** A code that says why there was no response. It is part of the API. */
export type PostError =
  | 'invalid_url'
  | 'dns'
  | 'address_refused'
  | 'https_required'
  | 'connection_refused'
  | 'unreachable'
  | 'tls'
  | 'reset'
  | 'invalid_response'
  | 'timeout'
  | 'aborted'

export interface PostRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Ends the request at once, with the error `aborted`. */
  readonly signal?: AbortSignal
}

/** Exactly one of `status` and `error` is null: a received status counts even if the body fails. */
export interface PostResult {
  readonly status: number | null
  readonly error: PostError | null
  readonly retryAfter: string | null
  /** The first 1 KiB as UTF-8, without NULs; compressed bodies are not decompressed. */
  readonly responseBody: string
  readonly durationMs: number
}

/** Posts a request. Never throws because of the receiver. */
export type Post = (request: PostRequest) => Promise<PostResult>

/** Returns all addresses of a host name. */
export type Lookup = (hostname: string) => Promise<readonly string[]>

interface PostOptions {
  readonly guard: AddressGuard
  readonly lookup?: Lookup
  /** For the whole request, from lookup to response body. */
  readonly timeoutMs?: number
  /** A certificate authority (PEM) to trust instead of the system's. */
  readonly ca?: string
}

interface Client {
  readonly guard: AddressGuard
  readonly lookup: Lookup
  readonly session: Bun.FetchSession
  readonly tls: { readonly ca?: string }
}

/**
 * Creates the only way to send HTTP requests out of Licet. Each post resolves the host name, checks
 * every address and connects to a checked one, so DNS rebinding is impossible; pooled connections
 * are keyed by address and certificate name. Redirects and proxies are not used.
 */
export function createPost(options: PostOptions): Post {
  const { guard, lookup = lookupWithoutThreads, timeoutMs = TIMEOUT_MS, ca } = options
  const session = new Bun.FetchSession({
    proxy: false,
    keepAlive: { idleTimeout: IDLE_SECONDS, maxIdleSockets: IDLE_SOCKETS_MAX },
  })
  const client: Client = { guard, lookup, session, tls: ca === undefined ? {} : { ca } }
  return async (request) => {
    const startedAtMs = performance.now()
    const deadline = AbortSignal.timeout(timeoutMs)
    const signal = request.signal ? AbortSignal.any([deadline, request.signal]) : deadline
    const reply = await post(client, request, signal).catch((thrown) => {
      if (!signal.aborted) throw thrown
      return failure(deadline.aborted ? 'timeout' : 'aborted')
    })
    return { ...reply, durationMs: Math.round(performance.now() - startedAtMs) }
  }
}

type Reply = Omit<PostResult, 'durationMs'>

async function post(client: Client, request: PostRequest, signal: AbortSignal): Promise<Reply> {
  const url = URL.parse(request.url)
  if (url === null || !isSendable(url)) return failure('invalid_url')
  const addresses = await findAddresses(hostOf(url), client.lookup, signal)
  const refusal = checkAddresses(url, addresses, client.guard)
  if (refusal !== null) return failure(refusal)
  let error: PostError = 'unreachable'
  for (const address of addresses.slice(0, ADDRESSES_PER_POST_MAX)) {
    try {
      return await readReply(await send(client, url, address, request, signal))
    } catch (thrown) {
      signal.throwIfAborted()
      error = toPostError(thrown)
    }
    if (error !== 'connection_refused' && error !== 'unreachable') break
  }
  return failure(error)
}

function send(
  { session, tls }: Client,
  url: URL,
  address: string,
  request: PostRequest,
  signal: AbortSignal,
): Promise<Response> {
  return session.fetch(pinAddress(address, url), {
    method: 'POST',
    headers: { ...request.headers, host: url.host, 'accept-encoding': 'identity' },
    body: request.body,
    signal,
    redirect: 'manual',
    decompress: false,
    protocol: 'http1.1',
    // `rejectUnauthorized` is explicit so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot turn it off.
    tls: { ...tls, rejectUnauthorized: true, serverName: hostOf(url) },
  })
}

function failure(error: PostError): Reply {
  return { status: null, error, retryAfter: null, responseBody: '' }
}

function isSendable({ protocol, username, password }: URL): boolean {
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === ''
}

const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, '')

/** Resolves without node:dns, which blocks a thread for as long as a name server is slow. */
async function lookupWithoutThreads(hostname: string): Promise<readonly string[]> {
  const found = await Bun.dns.lookup(hostname)
  return found.map(({ address }) => address)
}

/** Returns no addresses if the lookup fails. IPv4 comes first, because IPv6 is often broken. */
async function findAddresses(hostname: string, lookup: Lookup, signal: AbortSignal) {
  if (isIP(hostname) !== 0) return [hostname]
  try {
    const addresses = await Promise.race([lookup(hostname), rejectOnAbort(signal)])
    return addresses.toSorted((one, other) => isIP(one) - isIP(other))
  } catch {
    signal.throwIfAborted()
    return []
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}

function checkAddresses(url: URL, addresses: readonly string[], guard: AddressGuard) {
  if (addresses.length === 0) return 'dns'
  const kinds = addresses.map(guard.classify)
  if (kinds.includes('refused')) return 'address_refused'
  return url.protocol === 'http:' && kinds.includes('public') ? 'https_required' : null
}

/** Builds the URL as text: assigning a bad `hostname` to a URL would silently keep the name. */
function pinAddress(address: string, { protocol, port, pathname, search }: URL): string {
  const host = isIPv6(address) ? `[${address}]` : address
  return `${protocol}//${host}${port && `:${port}`}${pathname}${search}`
}

async function readReply(response: Response): Promise<Reply> {
  return {
    status: response.status,
    error: null,
    retryAfter: response.headers.get('retry-after'),
    responseBody: response.body === null ? '' : await readStart(response.body),
  }
}

async function readStart(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytesRead = 0
  try {
    for await (const chunk of body) {
      const room = Math.max(0, RESPONSE_BYTES_KEPT - bytesRead)
      text += decoder.decode(chunk.subarray(0, room), { stream: true })
      bytesRead += chunk.length
      if (bytesRead > RESPONSE_BYTES_MAX) break
    }
  } catch {
    // The status decides the result; the body is only shown to people.
  }
  // A compressed or binary body has NULs.
  return removeUnstorable(text)
}

const errorsByCode: Readonly<Record<string, PostError>> = {
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'unreachable',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EPROTO: 'tls',
}

/** Rethrows an error without a code, because it is a bug and not a network failure. */
function toPostError(thrown: unknown): PostError {
  if (!(thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'))
    throw thrown
  const { code } = thrown
  return errorsByCode[code] ?? (/CERT|TLS|SIGNATURE/.test(code) ? 'tls' : 'invalid_response')
}
