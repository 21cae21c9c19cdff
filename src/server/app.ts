import type { Server } from 'bun'
import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { checkoutRoutes } from '~/http/checkout/routes.ts'
import { buildNativeRoutes, type NativeRoutes } from '~/http/client/native-routes.ts'
import { createOutdatedHeader } from '~/http/client/outdated-header.ts'
import { clientRoutes } from '~/http/client/routes.ts'
import { createRunCompat } from '~/http/compat/respond.ts'
import {
  compatRoutes,
  createFindForApps,
  createFindListed,
  routeCompatFirst,
} from '~/http/compat/routes.ts'
import { createCompatTools } from '~/http/compat/tools.ts'
import { createEdgeBoard } from '~/http/edge/board.ts'
import { createClientApp } from '~/http/edge/client-app.ts'
import { edgeRoutes } from '~/http/edge/routes.ts'
import { managementRoutes } from '~/http/management/routes.ts'
import { sessionRoutes } from '~/http/management/session.ts'
import { buildOpenApi, type OpenApi } from '~/http/openapi/document.ts'
import { documentationRoutes } from '~/http/openapi/swagger.ts'
import { operationsRoutes } from '~/http/operations.ts'
import { auth } from '~/http/plugins/auth.ts'
import { bodies } from '~/http/plugins/bodies.ts'
import { createClientReaders, createPeerOf } from '~/http/plugins/client-address.ts'
import { cors } from '~/http/plugins/cors.ts'
import { edgeAuth } from '~/http/plugins/edge-auth.ts'
import { createPresentFailure, errors } from '~/http/plugins/errors.ts'
import { createOrigins } from '~/http/plugins/origins.ts'
import { portalAuth } from '~/http/plugins/portal-auth.ts'
import { createRateLimit } from '~/http/plugins/rate-limits.ts'
import {
  addressLimits,
  createRequestLimits,
  limitBy,
  limitNative,
} from '~/http/plugins/request-limits.ts'
import { type Connections, createRequestCheck, requests } from '~/http/plugins/requests.ts'
import { createRouteIndex } from '~/http/plugins/route-index.ts'
import type { Route } from '~/http/plugins/route-options.ts'
import { createScopedRoutes } from '~/http/plugins/scopes.ts'
import { cookieKinds, createSessionCookies } from '~/http/plugins/session-cookies.ts'
import { logoRoute } from '~/http/portal/logo.ts'
import { portalRoutes } from '~/http/portal/routes.ts'
import { publicKeyRoutes } from '~/http/public-keys.ts'
import { startPageRoute } from '~/http/start-page.ts'
import { webRoutes } from '~/http/web.ts'

interface NativeServe {
  routes: NativeRoutes
}

/** Builds the whole application over `deps`. It listens to nothing and starts no timer. */
export function buildApp(deps: Deps, connections: Connections = { areClosing: false }) {
  const rateLimit = createRateLimit(() => deps.clock.elapsedMs())
  const { keyLimit, addressLimit } = createRequestLimits(deps)
  const peerOf = createPeerOf(() => serverOf())
  const { clientAddressOf, countryOf, warnForwarded } = createClientReaders(deps, peerOf)
  const limited = limitBy(addressLimit, clientAddressOf)
  const routeIndex = createRouteIndex(() => listRoutes())
  const board = createEdgeBoard(deps, connections)
  const routes = createScopedRoutes(deps, { clientAddressOf, board })
  const authParts = {
    rateLimit,
    clientAddressOf,
    cookies: createSessionCookies(deps.config, cookieKinds.operator),
    origins: createOrigins(deps.config),
  }
  const portalParts = {
    ...authParts,
    cookies: createSessionCookies(deps.config, cookieKinds.customer),
    codeCookies: createSessionCookies(deps.config, cookieKinds.code),
  }
  const checkRequest = createRequestCheck(deps.config, warnForwarded)
  const presentFailure = createPresentFailure(deps)
  const addHeaders = createOutdatedHeader(deps.store)
  const { whenFresh } = deps.store
  const requestParts = { connections, checkRequest, presentFailure, addHeaders, whenFresh }
  const clientParts = { rateLimit, clientAddressOf, countryOf }
  const findCompat = createFindListed(deps.config.compat)
  const runCompat = createRunCompat(createCompatTools(deps, { ...clientParts, keyLimit }))
  const respond = createClientApp(deps, {
    ...requestParts,
    rateLimit,
    addressLimit,
    routeIndex,
    findCompat: createFindForApps(deps.config.compat),
    respondToPublic: async (request) => app.handle(request),
  })
  const serve: NativeServe = { routes: {} }
  const app = new Elysia({ normalize: false, ...buildRouterOptions(deps), serve })
    .use(errors(presentFailure, routeIndex))
    .use(requests(deps, requestParts))
    .use(compatRoutes(deps, { find: findCompat, run: runCompat, presentFailure, limited }))
    .use(cors(routeIndex))
    .use(addressLimits(routeIndex, limited))
    .use(auth(deps, { ...authParts, keyLimit, routeIndex }))
    .use(portalAuth(deps, { ...portalParts, routeIndex }))
    .use(edgeAuth(deps, { routeIndex, board }))
    .use(bodies(routeIndex))
    .use(startPageRoute(deps))
    .use(webRoutes(deps))
    .use(documentationRoutes(deps, () => openApi()))
    .use(operationsRoutes(deps, routes, board))
    .use(publicKeyRoutes(deps))
    .use(sessionRoutes(deps, authParts))
    .use(managementRoutes(deps, routes, board))
    .use(checkoutRoutes(deps, { rateLimit, clientAddressOf }))
    .use(portalRoutes(deps, portalParts))
    .use(edgeRoutes(deps, { board, clientAddressOf, respond }))
    .use(logoRoute(deps))
    .use(clientRoutes(deps, clientParts))
  const serverOf = (): Server<unknown> | null => app.server
  const listRoutes = (): readonly Route[] => app.routes
  const openApi = (): OpenApi => buildOpenApi(app.routes, deps.version)
  // Bun tries these before Elysia's own.
  const native = buildNativeRoutes(deps, requestParts, app.routes)
  const handle = async (request: Request) => app.handle(request)
  serve.routes = limitNative(routeCompatFirst(native, findCompat, handle), limited, handle)
  return app
}

function buildRouterOptions({ config }: Pick<Deps, 'config'>) {
  return {
    // The router of Bun reads `..` as an ID, where all checks of paths read the path that it leads to.
    systemRouter: false,
    // Elysia looks for the path after index 7 of the URL, or after 11 (`https://` and three letters).
    handler: { standardHostname: config.tls !== null },
  }
}

export type App = ReturnType<typeof buildApp>
