import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { Caller } from '~/domain/actors.ts'
import type { Edge } from '~/domain/edges.ts'
import { Fault } from '~/domain/faults.ts'
import { isLoopbackHost, normalizeHost } from '~/domain/hosts.ts'
import type { PortalSession } from '~/domain/portal-sessions.ts'
import type { Config } from '~/platform/config.ts'

const REQUEST_ID = /^[\w.:-]{1,128}$/
const HOST = /^(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i
const PORT = /:\d*$/
const SPARE_IDS = 256
/** With a shorter host the router would read the wrong path: see `buildApp`. */
const TLS_HOST_CHARACTERS_MIN = 3

/** The facts about a request that plugins share. */
export interface RequestState {
  readonly id: string
  readonly startedAtMs: number
  /** Set by `auth` once the credential is known to be valid. */
  caller: Caller | null
  /** Set by `portalAuth` for the requests of a customer who is signed in. */
  portalSession: PortalSession | null
  /** Set by `edgeAuth` for the requests of an edge. */
  edge: EdgeCaller | null
  /** Set by `bodies` for client calls. */
  bodyBytes: Uint8Array
  /** See `logQuietly`. */
  isQuiet: boolean
}

/** The edge that has sent a request, and the hash of its token. */
export interface EdgeCaller {
  readonly edge: Edge
  readonly tokenHash: string
}

const noBytes = new Uint8Array()

const states = new WeakMap<Request, RequestState>()

/** Returns the state of a request, and creates it on the first call. */
export function requestState(request: Request): RequestState {
  const known = states.get(request)
  if (known !== undefined) return known
  const id = readRequestId(request)
  const state = {
    id,
    startedAtMs: performance.now(),
    caller: null,
    portalSession: null,
    edge: null,
    bodyBytes: noBytes,
    isQuiet: false,
  }
  states.set(request, state)
  return state
}

/** Logs a request at the level debug, because it says nothing new. */
export function logQuietly(request: Request): void {
  requestState(request).isQuiet = true
}

/** Returns the ID that the client has chosen, if it is well-formed; otherwise a new one. */
export function readRequestId({ headers }: Request): string {
  const given = headers.get('x-request-id')
  return given !== null && REQUEST_ID.test(given) ? given : createRequestId()
}

/** Made in advance, because one on its own takes much longer. */
const spareIds: string[] = []

function createRequestId(): string {
  const spare = spareIds.pop()
  if (spare !== undefined) return spare
  for (let count = 0; count < SPARE_IDS; count += 1) spareIds.push(crypto.randomUUID())
  return crypto.randomUUID()
}

/** Headers of every response: an API must not be framed, sniffed or cached. */
export const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** While `areClosing`, responses tell clients not to reuse their connections. */
export interface Connections {
  areClosing: boolean
}

export type CheckRequest = (request: Request) => void

/** Returns a function that throws a Fault for a request whose Host header is not accepted. */
export function createRequestCheck(
  config: Pick<Config, 'allowedHosts' | 'tls'>,
  warnForwarded: (request: Request) => void,
): CheckRequest {
  const checkHost = createHostCheck(config)
  return (request) => {
    warnForwarded(request)
    checkHost(request)
  }
}

interface RequestDeps {
  readonly log: Pick<Deps['log'], 'debug'>
  readonly logRequest: Deps['logRequest']
  readonly metrics: Pick<Deps['metrics'], 'recordRequest'>
}

interface RequestParts {
  readonly connections: Readonly<Connections>
  readonly checkRequest: CheckRequest
}

/** Gives every request an ID and security headers, checks it, and logs it. */
export const requests = (
  { log, logRequest, metrics }: RequestDeps,
  { connections, checkRequest }: RequestParts,
) =>
  new Elysia({ name: 'requests' })
    .onRequest(({ request, set }) => {
      const { id } = requestState(request)
      Object.assign(set.headers, securityHeaders)
      set.headers['x-request-id'] = id
      if (connections.areClosing) set.headers.connection = 'close'
      checkRequest(request)
    })
    .onAfterResponse({ as: 'global' }, ({ request, set, route }) => {
      const { id, startedAtMs, isQuiet } = requestState(request)
      const durationMs = performance.now() - startedAtMs
      const status = typeof set.status === 'number' ? set.status : 200
      const { method } = request
      const pattern = route || 'none'
      metrics.recordRequest(method, pattern, status, durationMs)
      if (isQuiet)
        log.debug({ request_id: id, method, route: pattern, status, ms: durationMs }, 'request')
      else logRequest({ requestId: id, method, route: pattern, status, durationMs })
    })

/** Returns the path as the router reads it: not decoded, and without a slash at its end. */
export function pathOf(url: string): string {
  // Without a Host header, the URL of a request is only its path.
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
  if (start === -1) return '/'
  const query = url.indexOf('?', start)
  const end = query === -1 ? url.length : query
  return url.slice(start, url[end - 1] === '/' && end - 1 > start ? end - 1 : end)
}

function createHostCheck({ allowedHosts, tls }: Pick<Config, 'allowedHosts' | 'tls'>) {
  const charactersMin = tls === null ? 1 : TLS_HOST_CHARACTERS_MIN
  const allowed = allowedHosts === null ? null : new Set(allowedHosts.map(normalizeHost))
  let lastAccepted: string | null = null

  return (request: Request): void => {
    const host = request.headers.get('host') ?? hostOf(request.url)
    if (host !== null && host === lastAccepted) return
    // Load balancers check the health by IP address, or over HTTP/1.0 without any Host.
    if (!host && isHealthCheck(request.url)) return
    if (!host || !HOST.test(host) || host.length < charactersMin) {
      throw new Fault(
        'invalid_request',
        'The Host header is missing or malformed. Send the host name of this server.',
      )
    }
    if (allowed === null || isAllowed(host, allowed)) {
      lastAccepted = host
      return
    }
    if (isHealthCheck(request.url)) return
    throw new Fault(
      'misdirected_request',
      'This server does not accept this Host name. LICET_ALLOWED_HOSTS lists the names that it accepts.',
    )
  }
}

function hostOf(url: string): string | null {
  return URL.parse(url)?.host ?? null
}

function isAllowed(host: string, allowed: ReadonlySet<string | null>): boolean {
  const name = normalizeHost(host.replace(PORT, ''))
  return name !== null && (isLoopbackHost(name) || allowed.has(name))
}

function isHealthCheck(url: string): boolean {
  const path = pathOf(url)
  return path === '/livez' || path === '/readyz'
}
