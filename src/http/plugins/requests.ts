import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import { Fault } from '~/domain/faults.ts'
import type { Config } from '~/platform/config.ts'

const REQUEST_ID = /^[\w.:-]{1,128}$/
const HOST = /^(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i
/** A shorter one would shift the path under the router: see `buildApp`. */
const TLS_HOST_CHARACTERS_MIN = 3
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/** What is known of a request besides itself. */
export interface RequestState {
  readonly id: string
  readonly startedAtMs: number
  /** Set by `auth` once the token is known to be live. */
  actor: ApiKey | null
}

const states = new WeakMap<Request, RequestState>()

/** The state of a request, begun at the first call. */
export function requestState(request: Request): RequestState {
  const known = states.get(request)
  if (known !== undefined) return known
  const given = request.headers.get('x-request-id')
  const id = given !== null && REQUEST_ID.test(given) ? given : crypto.randomUUID()
  const state = { id, startedAtMs: performance.now(), actor: null }
  states.set(request, state)
  return state
}

/** Headers that every answer carries; the API is never a page, so nothing may frame or sniff it. */
const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** Begins every request: its id, its headers, and whether its Host is one that we answer. */
export const requests = ({ config, log, metrics }: Pick<Deps, 'config' | 'log' | 'metrics'>) => {
  const judgeHost = createHostJudge(config)
  return new Elysia({ name: 'requests' })
    .onRequest(({ request, set }) => {
      const { id } = requestState(request)
      Object.assign(set.headers, securityHeaders)
      set.headers['x-request-id'] = id
      judgeHost(request)
    })
    .onAfterResponse({ as: 'global' }, ({ request, set, route }) => {
      const { id, startedAtMs } = requestState(request)
      const durationMs = performance.now() - startedAtMs
      const status = typeof set.status === 'number' ? set.status : 200
      const { method } = request
      const pattern = route || 'none'
      metrics.requests.inc({ method, route: pattern, status })
      metrics.latency.observe({ route: pattern }, durationMs / 1000)
      log.info({ request_id: id, method, route: pattern, status, ms: round(durationMs) }, 'request')
    })
}

function createHostJudge({ allowedHosts, tls }: Pick<Config, 'allowedHosts' | 'tls'>) {
  const charactersMin = tls === null ? 1 : TLS_HOST_CHARACTERS_MIN
  const allowed = allowedHosts === null ? null : new Set(allowedHosts)
  let lastGood: string | null = null

  return (request: Request): void => {
    const host = request.headers.get('host') ?? hostOf(request.url)
    if (host === lastGood) return
    if (!HOST.test(host) || host.length < charactersMin) {
      throw new Fault('invalid_request', 'The Host header is missing or malformed.')
    }
    const name = host.replace(/:\d+$/, '').toLowerCase()
    if (allowed === null || LOOPBACK.test(host) || allowed.has(name)) {
      lastGood = host
      return
    }
    if (isProbe(request.url)) return
    throw new Fault('misdirected_request', 'This server does not answer for that Host name.')
  }
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? ''
}

/** Load balancers probe by address. */
function isProbe(url: string): boolean {
  const path = URL.parse(url)?.pathname
  return path === '/livez' || path === '/readyz'
}

function round(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000
}
