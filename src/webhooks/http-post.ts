import { isIP, isIPv6 } from 'node:net'
import type { AddressGuard } from '~/domain/endpoints.ts'

const TIMEOUT_MS = 15_000
const RESPONSE_BYTES_MAX = 64 * 1024
const RESPONSE_BYTES_KEPT = 1024
const ADDRESSES_TRIED_MAX = 3
const IDLE_SECONDS = 4
const IDLE_SOCKETS_MAX = 256

/** Why there was no answer, in a word that may be shown. */
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
  /** Gives up at once, with `aborted`. */
  readonly signal?: AbortSignal
}

/** What came of it. Either `status` or `error` is null: a status stands once it was received. */
export interface PostResult {
  readonly status: number | null
  readonly error: PostError | null
  readonly retryAfter: string | null
  /** The first 1 KiB, undecoded but for UTF-8. */
  readonly responseBody: string
  readonly durationMs: number
}

/** Never throws for what a receiver does. */
export type Post = (request: PostRequest) => Promise<PostResult>

/** All addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly string[]>

interface PostOptions {
  readonly guard: AddressGuard
  readonly lookup?: Lookup
  /** For the whole try, look-up and answer included. */
  readonly timeoutMs?: number
  /** A certificate authority (PEM) to trust in place of the usual ones. */
  readonly ca?: string
}

/**
 * Creates the one way out. Every address of a name is judged at each try and the connection goes
 * to a judged address, so a name cannot change in between; a pooled connection is found by its
 * address and by the name that its certificate was checked against. No redirects, no proxies.
 */
export function createPost(options: PostOptions): Post {
  const { guard, lookup = lookupWithoutThreads, timeoutMs = TIMEOUT_MS, ca } = options
  const session = new Bun.FetchSession({
    proxy: false,
    keepAlive: { idleTimeout: IDLE_SECONDS, maxIdleSockets: IDLE_SOCKETS_MAX },
  })

  function send(url: URL, address: string, request: PostRequest, signal: AbortSignal) {
    return session.fetch(addressedTo(address, url), {
      method: 'POST',
      headers: { ...request.headers, host: url.host, 'accept-encoding': 'identity' },
      body: request.body,
      signal,
      redirect: 'manual',
      decompress: false,
      protocol: 'http1.1',
      tls: {
        // Stated, because NODE_TLS_REJECT_UNAUTHORIZED=0 would otherwise switch the check off.
        rejectUnauthorized: true,
        serverName: hostOf(url),
        ...(ca === undefined ? {} : { ca }),
      },
    })
  }

  async function attempt(request: PostRequest, signal: AbortSignal): Promise<Reply> {
    const url = URL.parse(request.url)
    if (url === null || !isSendable(url)) return failure('invalid_url')
    const addresses = await findAddresses(hostOf(url), lookup, signal)
    const refusal = judge(url, addresses, guard)
    if (refusal !== null) return failure(refusal)
    let error: PostError = 'unreachable'
    for (const address of addresses.slice(0, ADDRESSES_TRIED_MAX)) {
      try {
        return await readReply(await send(url, address, request, signal))
      } catch (thrown) {
        signal.throwIfAborted()
        error = reasonOf(thrown)
      }
      if (error !== 'connection_refused' && error !== 'unreachable') break
    }
    return failure(error)
  }

  return async (request) => {
    const beganAtMs = performance.now()
    const deadline = AbortSignal.timeout(timeoutMs)
    const signal = request.signal ? AbortSignal.any([deadline, request.signal]) : deadline
    const reply = await attempt(request, signal).catch((thrown) => {
      if (!signal.aborted) throw thrown
      return failure(deadline.aborted ? 'timeout' : 'aborted')
    })
    return { ...reply, durationMs: Math.round(performance.now() - beganAtMs) }
  }
}

type Reply = Omit<PostResult, 'durationMs'>

function failure(error: PostError): Reply {
  return { status: null, error, retryAfter: null, responseBody: '' }
}

function isSendable({ protocol, username, password }: URL): boolean {
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === ''
}

const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, '')

/** A look-up by node:dns holds a thread for as long as a slow name server likes. */
async function lookupWithoutThreads(hostname: string): Promise<readonly string[]> {
  const found = await Bun.dns.lookup(hostname)
  return found.map(({ address }) => address)
}

/** None for a name that leads nowhere. IPv4 goes first: IPv6 is often broken in silence. */
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

function judge(url: URL, addresses: readonly string[], guard: AddressGuard): PostError | null {
  if (addresses.length === 0) return 'dns'
  const verdicts = addresses.map(guard.judge)
  if (verdicts.includes('refused')) return 'address_refused'
  return url.protocol === 'http:' && verdicts.includes('public') ? 'https_required' : null
}

/** Made as text: assigning an unfit `hostname` to a URL would leave the name in place, unpinned. */
function addressedTo(address: string, { protocol, port, pathname, search }: URL): string {
  const host = isIPv6(address) ? `[${address}]` : address
  return `${protocol}//${host}${port && `:${port}`}${pathname}${search}`
}

async function readReply(response: Response): Promise<Reply> {
  return {
    status: response.status,
    error: null,
    retryAfter: response.headers.get('retry-after'),
    responseBody: response.body === null ? '' : await readBeginning(response.body),
  }
}

async function readBeginning(body: ReadableStream<Uint8Array>): Promise<string> {
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
    // The status has said how it went; this text is only for people to read.
  }
  return text
}

const reasonsByCode: Readonly<Record<string, PostError>> = {
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'unreachable',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EPROTO: 'tls',
}

/** Rethrows what has no code, because that is our mistake and not the network's. */
function reasonOf(thrown: unknown): PostError {
  if (!(thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'))
    throw thrown
  const { code } = thrown
  return reasonsByCode[code] ?? (/CERT|TLS|SIGNATURE/.test(code) ? 'tls' : 'invalid_response')
}
