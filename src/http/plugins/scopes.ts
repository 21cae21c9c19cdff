import { Elysia } from 'elysia'
import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import { type ApiKey, hasScope, type Scope } from '~/domain/api-keys.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { createCommand } from '../management/command.ts'
import { createIdempotency } from './idempotency.ts'
import { createRequireVersion } from './if-match.ts'
import { requestState } from './requests.ts'
import { fact, routeOptions } from './route-options.ts'

/**
 * Options of management routes. `scope` returns 403 to API keys without it and hands the handler a
 * `command`; `ifMatch` hands it `requireVersion`.
 */
export const scopes = (deps: Pick<Deps, 'store' | 'vault' | 'clock'>) => {
  const runIdempotently = createIdempotency(deps)
  return new Elysia({ name: 'scopes' }).macro({
    ...routeOptions,
    scope: (scope: Scope) => ({
      detail: { security: [{ bearer: [scope] }] },
      introspect: dropBodyProblems,
      transform({ request }) {
        if (!hasScope(actorOf(request), scope)) {
          throw new Fault('missing_scope', `This API key lacks the scope ${scope}.`)
        }
        rejectRepeatedParameters(request.url)
      },
      resolve: ({ request, body, set }) => ({
        command: createCommand(deps, runIdempotently, {
          request,
          body,
          set,
          actor: actorOf(request),
          nowMs: deps.clock.nowMs(),
        }),
      }),
    }),
    ifMatch: (_isHonored: true) => ({
      detail: { parameters: [{ $ref: '#/components/parameters/IfMatch' }] },
      resolve: ({ request }) => ({
        requireVersion: createRequireVersion(request.headers.get('if-match')),
      }),
    }),
    /** False for a POST that changes nothing, so that repeating it is safe without a key. */
    idempotent: (isIdempotent: false) => ({ detail: fact({ 'x-idempotent': isIdempotent }) }),
  })
}

export type Scopes = ReturnType<typeof scopes>

function actorOf(request: Request): ApiKey {
  const { actor } = requestState(request)
  assert(actor !== null, 'a route with a scope is behind auth')
  return actor
}

/** A request without a body can be neither too large nor of the wrong type. */
function dropBodyProblems(options: object): void {
  const route: { body?: unknown; response?: Record<number, unknown> } = options
  if (route.body !== undefined) return
  const { 413: _tooLarge, 415: _wrongType, ...response } = route.response ?? {}
  route.response = response
}

/** The router would keep one of the values and silently drop the others. */
function rejectRepeatedParameters(url: string): void {
  const start = url.indexOf('?')
  if (start === -1) return
  const seen = new Set<string>()
  for (const name of new URLSearchParams(url.slice(start)).keys()) {
    if (seen.has(name)) throw invalidField(`?${name}`, 'This parameter is repeated. Send it once.')
    seen.add(name)
  }
}
