import { Elysia } from 'elysia'
import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import type { Caller } from '~/domain/actors.ts'
import { hasScope, isLive, toCaller } from '~/domain/api-keys.ts'
import { Fault } from '~/domain/faults.ts'
import type { ClientAddressOf } from './client-address.ts'
import type { RateLimit } from './rate-limits.ts'
import { pathOf, requestState } from './requests.ts'
import type { RouteIndex } from './route-index.ts'

const BEARER = /^Bearer +([\x21-\x7e]{1,256}) *$/i

interface AuthParts {
  readonly rateLimit: RateLimit
  readonly clientAddressOf: ClientAddressOf
  readonly routeIndex: RouteIndex
}

/** Rejects requests without a valid API key before their body is read. Scopes are checked later. */
export const auth = (
  { store, vault, clock }: Pick<Deps, 'store' | 'vault' | 'clock'>,
  { rateLimit, clientAddressOf, routeIndex }: AuthParts,
) =>
  new Elysia({ name: 'auth' }).onRequest(async ({ request }) => {
    if (routeIndex.credentialOf(pathOf(request.url)) !== 'API key') return
    const token = BEARER.exec(request.headers.get('authorization') ?? '')?.[1]
    if (token === undefined) {
      throw new Fault('unauthorized', 'Send an API key: Authorization: Bearer <API key>.')
    }
    const nowMs = clock.nowMs()
    const apiKey = await store.apiKeys.find(vault.hashToken(token))
    if (apiKey === null || !isLive(apiKey, nowMs)) {
      rateLimit.recordFailure(clientAddressOf(request), nowMs)
      throw new Fault(
        'unauthorized',
        'This API key is unknown, revoked or expired. Send a valid API key.',
      )
    }
    requestState(request).caller = toCaller(apiKey)
    store.apiKeys.recordUse(apiKey.id, nowMs)
  })

/** Returns the caller of a request that has passed `auth`. */
export function callerOf(request: Request): Caller {
  const { caller } = requestState(request)
  assert(caller !== null, 'a route with a scope is behind auth')
  return caller
}

/** Throws a Fault unless the API key of a request has the scope. */
export function requireScope(request: Request, scope: string): void {
  if (hasScope(callerOf(request), scope)) return
  throw new Fault('missing_scope', `This API key lacks the scope ${scope}. Use one that has it.`)
}
