import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { CompatSource } from '~/domain/compat/sources.ts'
import type { NativeHandler, NativeRoutes } from '../client/native-routes.ts'
import type { PresentFailure } from '../plugins/errors.ts'
import { type AddressLimitParts, requireAllowance } from '../plugins/request-limits.ts'
import { requestState } from '../plugins/requests.ts'
import type { CompatApi, CompatReply } from './api.ts'
import { compatCors, preflight } from './cors.ts'
import { edd } from './edd.ts'
import { gumroad } from './gumroad.ts'
import { keygen } from './keygen.ts'
import { lemonsqueezy } from './lemonsqueezy.ts'
import { type CompatMatch, createFindCompat, type FindCompat } from './match.ts'
import { createRespondCompat, type RunCompat } from './respond.ts'
import { trafficOrchestrator } from './trafficorchestrator.ts'

/** The client APIs that can be listed in LICET_COMPAT. */
const apis: readonly CompatApi[] = [trafficOrchestrator, lemonsqueezy, gumroad, edd, keygen]

/** Returns a function that finds the route of a request; null if no source is listed. */
export const createFindListed = (listed: readonly CompatSource[]): FindCompat | null =>
  listed.length === 0 ? null : createFindCompat(apis, listed)

/** The same for an edge, which serves only apps. */
export const createFindForApps = (listed: readonly CompatSource[]): FindCompat | null =>
  createFindListed(listed) && createFindCompat(apis.map(keepAppRoutes), listed)

const keepAppRoutes = (api: CompatApi): CompatApi => ({
  ...api,
  routes: api.routes.filter(({ caller }) => caller === 'app'),
})

/**
 * Responds to the requests of listed sources in front of all other routes, because some have the same path
 * as ones of ours. All others pass.
 */
export const compatRoutes = (
  { logRequest, metrics }: CompatDeps,
  { find, run, presentFailure, limited }: CompatParts,
) => {
  const app = new Elysia({ name: 'compat' })
  if (find === null) return app
  const respond = createRespondCompat(run, presentFailure)

  // The hook that logs other requests sees only those that reach the router.
  function log(request: Request, match: CompatMatch, status: number): void {
    const { method } = request
    const { id: requestId, startedAtMs } = requestState(request)
    const durationMs = performance.now() - startedAtMs
    const route = labelOf(match)
    metrics.recordRequest(method, route, status, durationMs)
    logRequest({ requestId, method, route, status, durationMs })
  }

  return app.onRequest(async ({ request, set }) => {
    const match = await find(request)
    if (match === null) return
    Object.assign(set.headers, compatCors(match))
    if (request.method === 'OPTIONS' && match.isOpen) return preflight(match, set)
    const check = () => {
      if (limited === null || !match.isOpen) return
      requireAllowance(limited.limit.take(request, limited.clientAddressOf), set)
    }
    const reply = await respond(request, match, set, check)
    log(request, match, reply.status)
    return send(reply, set)
  })
}

interface CompatDeps {
  readonly logRequest: Deps['logRequest']
  readonly metrics: Pick<Deps['metrics'], 'recordRequest'>
}

interface CompatParts {
  /** Null if no source is listed. */
  readonly find: FindCompat | null
  readonly run: RunCompat
  readonly presentFailure: PresentFailure
  /** The limit of requests of apps; null without one. */
  readonly limited: AddressLimitParts | null
}

/** Hands requests of sources over to the application before those native routes that have the same path. */
export function routeCompatFirst(
  routes: NativeRoutes,
  find: FindCompat | null,
  respond: NativeHandler,
): NativeRoutes {
  if (find === null) return routes
  const wrap =
    (native: NativeHandler): NativeHandler =>
    async (request) =>
      (await find(request)) === null ? native(request) : respond(request)
  const wrapMethods = (path: string, methods: Record<string, NativeHandler>) =>
    Object.fromEntries(
      Object.entries(methods).map(([method, native]) => [
        method,
        find.hasRoute(method, path) ? wrap(native) : native,
      ]),
    )
  return Object.fromEntries(
    Object.entries(routes).map(([path, methods]) => [path, wrapMethods(path, methods)]),
  )
}

interface Sending {
  readonly headers: Record<string, unknown>
  status?: number | string
}

function send({ status, body, headers = {} }: CompatReply, set: Sending): string {
  set.status = status
  Object.assign(set.headers, headers)
  if (body === null) return ''
  const isText = typeof body === 'string'
  set.headers['content-type'] ??= isText ? 'text/plain; charset=utf-8' : 'application/json'
  return isText ? body : JSON.stringify(body)
}

/** The route in logs and metrics, which never contains a key. */
const labelOf = ({ api, route }: CompatMatch) => `${api.source} ${route?.path ?? 'none'}`
