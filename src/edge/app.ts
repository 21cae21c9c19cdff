import type { Server } from 'bun'
import { Elysia } from 'elysia'
import { Fault } from '~/domain/faults.ts'
import { buildNativeRoutes, type NativeRoutes } from '~/http/client/native-routes.ts'
import { compatRoutes, createFindForApps, routeCompatFirst } from '~/http/compat/routes.ts'
import { createClientReaders, createPeerOf } from '~/http/plugins/client-address.ts'
import { cors } from '~/http/plugins/cors.ts'
import { createPresentFailure, errors } from '~/http/plugins/errors.ts'
import {
  addressLimits,
  createAddressLimit,
  limitBy,
  limitNative,
} from '~/http/plugins/request-limits.ts'
import { type Connections, createRequestCheck, pathOf, requests } from '~/http/plugins/requests.ts'
import { createRouteIndex, type RouteIndex } from '~/http/plugins/route-index.ts'
import { ValidateBody } from '~/wire/validations.ts'
import { validateRoute } from './client-routes.ts'
import { createConfirm } from './confirm.ts'
import { createDateText } from './date-text.ts'
import type { Edge } from './edge.ts'
import { createForward } from './forward.ts'
import { createForwardCompat } from './forward-compat.ts'
import { forwardedRoutes } from './forwarded-routes.ts'
import { operationsRoutes } from './operations.ts'
import { createValidate } from './validate.ts'

interface NativeServe {
  routes: NativeRoutes
}

/** Builds the application of an edge. It listens to nothing. */
export function buildEdgeApp(edge: Edge, connections: Connections = { areClosing: false }) {
  const { config } = edge
  const peerOf = createPeerOf(() => serverOf())
  const { clientAddressOf, countryOf, warnForwarded } = createClientReaders(edge, peerOf)
  const checkRequest = createRequestCheck(config, warnForwarded)
  const presentFailure = createPresentFailure(edge)
  const routeIndex = createRouteIndex(() => app.routes)
  const limited = limitBy(createLimit(edge), clientAddressOf)
  const parts = { ...edge, clientAddressOf, countryOf }
  const forward = createForward(parts)
  const dateText = createDateText(edge.clock.nowMs)
  const findCompat = createFindForApps(config.compat)
  const addDate = (headers: Headers) => {
    const date = headers.has('date') ? null : dateText()
    if (date !== null) headers.set('date', date)
  }
  // See `buildApp`.
  const standardHostname = config.tls !== null
  const serve: NativeServe = { routes: {} }
  // See `buildApp` of the server.
  const router = { systemRouter: false, handler: { standardHostname } }
  const app = new Elysia({ normalize: false, ...router, serve })
    .use(errors(presentFailure, routeIndex))
    .use(requests(edge, { connections, checkRequest }))
    .use(
      compatRoutes(edge, {
        find: findCompat,
        run: createForwardCompat(forward),
        presentFailure,
        limited,
      }),
    )
    .use(cors(routeIndex))
    .use(addressLimits(routeIndex, limited))
    .onRequest(({ set }) => {
      const date = dateText()
      if (date !== null) set.headers.date = date
    })
    .use(otherRoutes(routeIndex, config.primaryUrl))
    .use(operationsRoutes({ ...edge, token: config.token }))
    .use(forwardedRoutes(forward))
  const serverOf = (): Server<unknown> | null => app.server
  const handler = createValidate({ ...parts, forward, confirm: createConfirm(parts) })
  const detail = { 'x-credential': validateRoute.credential }
  const validate = { ...validateRoute, handler, hooks: { body: ValidateBody, detail } }
  const native = {
    ...{ connections, checkRequest, presentFailure, addHeaders: addDate },
    // Its memory has an age of its own.
    whenFresh: (work: () => void) => work(),
  }
  const nativeRoutes = buildNativeRoutes(edge, native, [validate])
  const handle = async (request: Request) => app.handle(request)
  serve.routes = limitNative(routeCompatFirst(nativeRoutes, findCompat, handle), limited, handle)
  return app
}

/** Counts the requests of apps here, because the primary does not see those that the edge answers. */
const createLimit = ({ config, metrics }: Edge) =>
  createAddressLimit(config.rateLimitAddress, {
    elapsedMs: () => performance.now(),
    onRejected: (limit) => metrics.rateLimited.inc({ limit }),
  })

/** Names the primary to clients of all other routes, which would have to send their credentials there. */
const otherRoutes = ({ methodsOf }: RouteIndex, primaryUrl: string) =>
  new Elysia({ name: 'other-routes' }).onRequest(({ request }) => {
    if (methodsOf(pathOf(request.url)).length > 0) return
    throw new Fault(
      'misdirected_request',
      `This is an edge, which serves only apps. Send this request to ${primaryUrl}.`,
    )
  })
