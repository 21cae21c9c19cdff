import { Elysia } from 'elysia'
import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { isPortalSessionLive, type PortalSession } from '~/domain/portal-sessions.ts'
import type { AuthParts } from './auth.ts'
import { pathOf, requestState } from './requests.ts'
import type { RouteIndex } from './route-index.ts'
import type { SessionCookies } from './session-cookies.ts'

/** The parts that check the requests of customers. */
export interface PortalParts extends Omit<AuthParts, 'cookies'> {
  readonly cookies: SessionCookies
  /** The cookie of the browser that has requested a code. */
  readonly codeCookies: SessionCookies
}

type PortalAuthDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'config'>

/**
 * Rejects requests to the portal if it is turned off, and those without a customer's session where a
 * route needs one. Authorization headers and the cookies of operators have no effect.
 */
export const portalAuth = (
  deps: PortalAuthDeps,
  parts: PortalParts & { readonly routeIndex: RouteIndex },
) =>
  new Elysia({ name: 'portal-auth' }).onRequest(async ({ request }) => {
    const credential = parts.routeIndex.credentialOf(pathOf(request.url))
    if (credential !== 'portal' && credential !== 'portal session') return
    if (deps.config.portal.length === 0) {
      const detail = 'The portal for customers is turned off. LICET_PORTAL turns it on.'
      throw new Fault('not_found', detail)
    }
    if (credential === 'portal') return
    const session = await findPortalSession(deps, parts, request)
    if (session === null) {
      throw new Fault('unauthorized', 'You are not signed in, or your session has ended. Sign in.')
    }
    parts.origins.requireOwn(request)
    requestState(request).portalSession = session
  })

/** Returns the session of a customer's browser; null without a valid cookie. */
export async function findPortalSession(
  { store, vault, clock }: Pick<Deps, 'store' | 'vault' | 'clock'>,
  { cookies, rateLimit, clientAddressOf }: PortalParts,
  request: Request,
): Promise<PortalSession | null> {
  const token = cookies.read(request)
  if (token === null) return null
  const nowMs = clock.nowMs()
  const session = await store.portalSessions.find(vault.hashPortal(`session:${token}`))
  if (session !== null && isPortalSessionLive(session, nowMs)) return session
  rateLimit.recordFailure(clientAddressOf(request))
  return null
}

/** Returns the session of a request that has passed `portalAuth`. */
export function portalSessionOf(request: Request): PortalSession {
  const { portalSession } = requestState(request)
  assert(portalSession !== null, 'a route of the portal is behind portalAuth')
  return portalSession
}
