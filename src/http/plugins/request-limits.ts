import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { SECOND_MS } from '~/domain/times.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'
import type { NativeHandler, NativeRoutes } from '../client/native-routes.ts'
import type { ClientAddressOf } from './client-address.ts'
import { networkOf } from './rate-limits.ts'
import { pathOf } from './requests.ts'
import type { RouteIndex } from './route-index.ts'
import type { Credential } from './route-options.ts'

const WINDOW_SECONDS = 60
const WINDOW_MS = WINDOW_SECONDS * SECOND_MS
/** Bounds the memory: beyond it, the source that sent no request for the longest time is dropped. */
const SOURCES_MAX = 50_000

/** The kinds of sources. The names are those of the policies in the header `RateLimit`. */
export const limitNames = ['api-key', 'address'] as const
export type LimitName = (typeof limitNames)[number]

/** The headers of a response, and the Fault of a request beyond the limit. */
export interface Allowance {
  readonly headers: Readonly<Record<string, string>>
  readonly fault: Fault | null
}

/** Counts all requests of each source, whether they succeed or not. */
export interface RequestLimit {
  /** Counts a request, unless it is beyond the limit. */
  take(source: string): Allowance
}

interface LimitParts {
  /** See `Clock`: a jump of the clock neither locks a source out nor lets it in. */
  readonly elapsedMs: () => number
  readonly onRejected: (name: LimitName) => void
}

interface Window {
  readonly startedAtMs: number
  requests: number
}

const subjects: Readonly<Record<LimitName, string>> = {
  'api-key': 'with this API key',
  address: 'from this address',
}

/**
 * Allows `requestsMax` requests per minute to each source; null if there is no limit. A minute begins with
 * the first request in it. The headers follow draft-ietf-httpapi-ratelimit-headers-10.
 */
export function createRequestLimit(
  name: LimitName,
  requestsMax: number | null,
  { elapsedMs, onRejected }: LimitParts,
): RequestLimit | null {
  if (requestsMax === null) return null
  const windows = createBoundedMap<string, Window>(SOURCES_MAX)
  const policy = `"${name}";q=${requestsMax};w=${WINDOW_SECONDS}`
  const detail = `The limit of requests ${subjects[name]} is ${requestsMax} per minute. Wait, then retry.`

  function findWindow(source: string, nowMs: number): Window {
    const known = windows.get(source)
    if (known !== undefined && nowMs - known.startedAtMs < WINDOW_MS) return known
    const opened = { startedAtMs: nowMs, requests: 0 }
    windows.set(source, opened)
    return opened
  }

  return {
    take(source) {
      const nowMs = elapsedMs()
      const window = findWindow(source, nowMs)
      const isAllowed = window.requests < requestsMax
      if (isAllowed) window.requests += 1
      else onRejected(name)
      const left = requestsMax - window.requests
      const leftMs = window.startedAtMs + WINDOW_MS - nowMs
      const retryAfterSeconds = Math.max(1, Math.ceil(leftMs / SECOND_MS))
      const headers = {
        ratelimit: `"${name}";r=${left};t=${retryAfterSeconds}`,
        'ratelimit-policy': policy,
      }
      if (isAllowed) return { headers, fault: null }
      return { headers, fault: new Fault('rate_limited', detail, { retryAfterSeconds }) }
    },
  }
}

/** Counts each request once by the address of its client, wherever the request passes. */
export interface AddressLimit {
  /** Only the first call for a request counts it, with the address of the client as that caller knows it. */
  take(request: Request, addressOf: ClientAddressOf): Allowance
}

/** The same as `createRequestLimit` for addresses: an IPv6 address counts as its /64. */
export function createAddressLimit(
  requestsMax: number | null,
  parts: LimitParts,
): AddressLimit | null {
  const limit = createRequestLimit('address', requestsMax, parts)
  if (limit === null) return null
  const known = new WeakMap<Request, Allowance>()
  return {
    take(request, addressOf) {
      const former = known.get(request)
      if (former !== undefined) return former
      const allowance = limit.take(networkOf(addressOf(request)))
      known.set(request, allowance)
      return allowance
    },
  }
}

export interface RequestLimits {
  readonly keyLimit: RequestLimit | null
  readonly addressLimit: AddressLimit | null
}

/** Creates the limits of a server, as far as they are configured. */
export function createRequestLimits({
  config,
  clock,
  metrics,
}: Pick<Deps, 'config' | 'clock' | 'metrics'>): RequestLimits {
  const parts = {
    elapsedMs: () => clock.elapsedMs(),
    onRejected: (limit: LimitName) => metrics.rateLimited.inc({ limit }),
  }
  return {
    keyLimit: createRequestLimit('api-key', config.rateLimitApiKey, parts),
    addressLimit: createAddressLimit(config.rateLimitAddress, parts),
  }
}

/** A limit, and the address that it counts by. */
export interface AddressLimitParts {
  readonly limit: AddressLimit
  readonly clientAddressOf: ClientAddressOf
}

export const limitBy = (
  limit: AddressLimit | null,
  clientAddressOf: ClientAddressOf,
): AddressLimitParts | null => limit && { limit, clientAddressOf }

/** Requests that anyone may send. Those of shops are signed, and operators and edges have a token. */
const limited: readonly Credential[] = ['license key', 'session ID', 'public', 'portal']

export const isLimitedByAddress = (credential: Credential): boolean => limited.includes(credential)

/** A response that gets headers. */
export interface Headed {
  readonly headers: Record<string, unknown>
}

/** Sets the headers of a response. Throws `rate_limited` for a request beyond the limit. */
export function requireAllowance({ headers, fault }: Allowance, set: Headed): void {
  Object.assign(set.headers, headers)
  if (fault !== null) throw fault
}

/** Counts requests that need no token, before anything else is done for them. */
export const addressLimits = ({ credentialOf }: RouteIndex, parts: AddressLimitParts | null) => {
  const app = new Elysia({ name: 'address-limits' })
  if (parts === null) return app
  const { limit, clientAddressOf } = parts
  return app.onRequest(({ request, set }) => {
    if (!isLimitedByAddress(credentialOf(pathOf(request.url)))) return
    requireAllowance(limit.take(request, clientAddressOf), set)
  })
}

/** Does the same for a handler. `respond` presents the failure of a request beyond the limit. */
export const limitHandler =
  (
    handler: NativeHandler,
    { limit, clientAddressOf }: AddressLimitParts,
    respond: NativeHandler,
  ): NativeHandler =>
  async (request) => {
    const { headers, fault } = limit.take(request, clientAddressOf)
    if (fault !== null) return respond(request)
    const response = await handler(request)
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
    return response
  }

/** Does the same for native routes. Without a limit, they stay as they are. */
export function limitNative(
  routes: NativeRoutes,
  parts: AddressLimitParts | null,
  respond: NativeHandler,
): NativeRoutes {
  if (parts === null) return routes
  return mapValues(routes, (methods) =>
    mapValues(methods, (handler) => limitHandler(handler, parts, respond)),
  )
}

function mapValues<Value>(
  record: Readonly<Record<string, Value>>,
  toResult: (value: Value) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, toResult(value)]))
}
