import { Elysia } from 'elysia'
import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import type { Caller } from '~/domain/actors.ts'
import { hasScope, isLive, toCaller } from '~/domain/api-keys.ts'
import { Fault } from '~/domain/faults.ts'
import { isSessionLive, type Session, toSessionCaller } from '~/domain/sessions.ts'
import type { ClientAddressOf } from './client-address.ts'
import type { Origins } from './origins.ts'
import type { RateLimit } from './rate-limits.ts'
import { type RequestLimit, requireAllowance } from './request-limits.ts'
import { pathOf, requestState } from './requests.ts'
import type { RouteIndex } from './route-index.ts'
import type { SessionCookies } from './session-cookies.ts'

const BEARER = /^Bearer +([\x21-\x7e]{1,256}) *$/i

/** The parts that check the credentials of requests. */
export interface AuthParts {
  readonly rateLimit: RateLimit
  readonly clientAddressOf: ClientAddressOf
  readonly cookies: SessionCookies
  readonly origins: Origins
}

/** The limit of all requests with one API key; null without one. */
export interface KeyLimited {
  readonly keyLimit: RequestLimit | null
}

type AuthDeps = Pick<Deps, 'store' | 'vault' | 'clock'>

/**
 * Rejects requests without a valid API key or session before their body is read. Scopes are checked
 * later. If there is an Authorization header, cookies are ignored.
 */
export const auth = (
  deps: AuthDeps,
  parts: AuthParts & KeyLimited & { readonly routeIndex: RouteIndex },
) =>
  new Elysia({ name: 'auth' }).onRequest(async ({ request, set }) => {
    const path = pathOf(request.url)
    if (parts.routeIndex.credentialOf(path) !== 'API key') return
    const session = await findSession(deps, parts, request)
    if (session === null) {
      const caller = await findKeyCaller(deps, parts, request)
      requestState(request).caller = caller
      // Monitoring goes on when a program has used up the limit.
      if (parts.keyLimit !== null && path !== '/metrics') {
        requireAllowance(parts.keyLimit.take(caller.actor.id), set)
      }
      return
    }
    parts.origins.requireOwn(request)
    requestState(request).caller = toSessionCaller(session)
  })

async function findKeyCaller(deps: AuthDeps, parts: AuthParts, request: Request): Promise<Caller> {
  if (!request.headers.has('authorization') && parts.cookies.read(request) !== null) {
    throw new Fault('unauthorized', 'This session has ended. Sign in again.')
  }
  return findTokenCaller(deps, parts, request, readBearer(request))
}

/** Returns the caller with the API key of this token. Throws `unauthorized` for any other, and for null. */
export async function findTokenCaller(
  { store, vault, clock }: AuthDeps,
  { rateLimit, clientAddressOf }: Pick<AuthParts, 'rateLimit' | 'clientAddressOf'>,
  request: Request,
  token: string | null,
): Promise<Caller> {
  if (token === null) {
    throw new Fault('unauthorized', 'Send an API key: Authorization: Bearer <API key>.')
  }
  const nowMs = clock.nowMs()
  const apiKey = await store.apiKeys.find(vault.hashToken(token))
  if (apiKey === null || !isLive(apiKey, nowMs)) {
    rateLimit.recordFailure(clientAddressOf(request))
    throw keyRejected()
  }
  store.apiKeys.recordUse(apiKey.id, nowMs)
  return toCaller(apiKey)
}

/** Returns the token in the Authorization header; null without one. */
export function readBearer({ headers }: Request): string | null {
  return BEARER.exec(headers.get('authorization') ?? '')?.[1] ?? null
}

/** The Fault for a token that no live API key has. */
export function keyRejected(): Fault {
  return new Fault(
    'unauthorized',
    'This API key is unknown, revoked or expired. Send a valid API key.',
  )
}

/** Returns the session of a request that has a cookie and no Authorization header; null without. */
export async function findSession(
  { store, vault, clock }: AuthDeps,
  { rateLimit, clientAddressOf, cookies }: AuthParts,
  request: Request,
): Promise<Session | null> {
  if (request.headers.has('authorization')) return null
  const token = cookies.read(request)
  if (token === null) return null
  const nowMs = clock.nowMs()
  const session = await store.sessions.find(vault.hashSignIn(token))
  if (session === null || !isSessionLive(session, nowMs)) {
    rateLimit.recordFailure(clientAddressOf(request))
    return null
  }
  store.sessions.recordUse(session.id, nowMs)
  if (session.holder.kind === 'key') store.apiKeys.recordUse(session.holder.apiKey.id, nowMs)
  return session
}

/** Returns the caller of a request that has passed `auth`. */
export function callerOf(request: Request): Caller {
  const { caller } = requestState(request)
  assert(caller !== null, 'a route with a scope is behind auth')
  return caller
}

/** Throws a Fault unless the caller has the scope. */
export function requireScope(request: Request, scope: string): void {
  const { actor, scopes } = callerOf(request)
  if (hasScope({ scopes }, scope)) return
  const detail =
    actor.kind === 'operator'
      ? `You lack the scope ${scope}. Ask an operator who may change operators for it.`
      : `This API key lacks the scope ${scope}. Use one that has it.`
  throw new Fault('missing_scope', detail)
}
