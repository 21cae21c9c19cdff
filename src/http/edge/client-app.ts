import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { checkoutSessionRoutes } from '../checkout/sessions.ts'
import { type AddHeaders, buildNativeRoutes } from '../client/native-routes.ts'
import { clientRoutes } from '../client/routes.ts'
import type { FindCompat } from '../compat/match.ts'
import { createRunCompat } from '../compat/respond.ts'
import { compatRoutes } from '../compat/routes.ts'
import { createCompatTools } from '../compat/tools.ts'
import { bodies } from '../plugins/bodies.ts'
import { cors } from '../plugins/cors.ts'
import { errors, type PresentFailure } from '../plugins/errors.ts'
import type { RateLimit } from '../plugins/rate-limits.ts'
import {
  type AddressLimit,
  addressLimits,
  limitBy,
  limitHandler,
} from '../plugins/request-limits.ts'
import { type CheckRequest, type Connections, pathOf, requests } from '../plugins/requests.ts'
import { createRouteIndex, type RouteIndex } from '../plugins/route-index.ts'
import type { Route } from '../plugins/route-options.ts'
import { createForwardedCountryOf, forwardedAddressOf, type Respond } from './forward.ts'

interface ClientAppParts {
  readonly connections: Readonly<Connections>
  readonly checkRequest: CheckRequest
  readonly presentFailure: PresentFailure
  readonly addHeaders: AddHeaders | null
  readonly whenFresh: (work: () => void) => void
  readonly routeIndex: RouteIndex
  readonly rateLimit: RateLimit
  readonly addressLimit: AddressLimit | null
  /** Finds routes of other products for apps; null if none is listed. */
  readonly findCompat: FindCompat | null
  /** Responds to requests that anyone may send, no matter from where. */
  readonly respondToPublic: Respond
}

/**
 * Returns a function that responds to the requests that edges forward. It builds the routes for clients a
 * second time, at the first request: these know their client from a header, which costs direct requests
 * nothing.
 */
export function createClientApp(deps: Deps, parts: ClientAppParts): Respond {
  let respond: Respond | null = null
  return (request) => {
    respond ??= buildClientApp(deps, parts)
    return respond(request)
  }
}

function buildClientApp(deps: Deps, parts: ClientAppParts): Respond {
  const { presentFailure, rateLimit, routeIndex, findCompat, respondToPublic } = parts
  const ownIndex = createRouteIndex(() => listRoutes())
  const countryOf = createForwardedCountryOf(deps.findCountry)
  const clientParts = { rateLimit, clientAddressOf: forwardedAddressOf, countryOf }
  const limited = limitBy(parts.addressLimit, forwardedAddressOf)
  // Only apps call through an edge, and these have no API key.
  const runCompat = createRunCompat(createCompatTools(deps, { ...clientParts, keyLimit: null }))
  const standardHostname = deps.config.tls !== null
  const app = new Elysia({ normalize: false, handler: { standardHostname } })
    .use(errors(presentFailure, ownIndex))
    .use(requests(deps, parts))
    .use(compatRoutes(deps, { find: findCompat, run: runCompat, presentFailure, limited }))
    .use(cors(ownIndex))
    .use(addressLimits(ownIndex, limited))
    .use(bodies(ownIndex))
    .use(new Elysia({ prefix: '/api/v1' }).use(checkoutSessionRoutes(deps, clientParts)))
    .use(clientRoutes(deps, clientParts))
  const listRoutes = (): readonly Route[] => app.routes
  const native = buildNativeRoutes(deps, parts, app.routes)
  const handle: Respond = async (request) => {
    if (findCompat !== null && (await findCompat(request)) !== null) return app.handle(request)
    const path = pathOf(request.url)
    if (routeIndex.credentialOf(path) === 'public') return respondToPublic(request)
    return native[path]?.[request.method]?.(request) ?? app.handle(request)
  }
  return limited === null
    ? handle
    : limitHandler(handle, limited, async (request) => app.handle(request))
}
