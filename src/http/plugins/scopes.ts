import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { Scope } from '~/domain/api-keys.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { truncateAddress } from '~/domain/usage.ts'
import type { EdgeBoard } from '../edge/board.ts'
import { callerOf, requireScope } from './auth.ts'
import type { ClientAddressOf } from './client-address.ts'
import { createCommand } from './command.ts'
import { pathNotFound } from './errors.ts'
import { createIdempotency } from './idempotency.ts'
import { createRequireVersion } from './if-match.ts'
import { createWaitForEdges, parseWait } from './prefer-wait.ts'
import { fact, routeOptions } from './route-options.ts'

/**
 * Returns a function that starts a group of management routes under a prefix and an OpenAPI tag.
 * Of their options, `scope` returns 403 to API keys without it, hands the handler a `command`, and
 * lets the response wait for edges, and `ifMatch` hands it `requireVersion`.
 */
export const createScopedRoutes = (
  deps: Pick<Deps, 'store' | 'vault' | 'clock' | 'config' | 'log' | 'instanceId'>,
  {
    clientAddressOf,
    board,
  }: { readonly clientAddressOf: ClientAddressOf; readonly board: EdgeBoard },
) => {
  const waitForEdges = createWaitForEdges(board)
  const runIdempotently = createIdempotency(deps)
  const scopes = new Elysia({ name: 'scopes' }).macro({
    ...routeOptions,
    scope: (scope: Scope) => ({
      detail: { security: [{ bearer: [scope] }] },
      introspect: dropBodyProblems,
      transform({ request, params }) {
        requireScope(request, scope)
        rejectMalformedPath(params)
        checkQuery(request.url)
        parseWait(request)
      },
      resolve: ({ request, body, set }) => ({
        command: createCommand(deps, runIdempotently, {
          request,
          body,
          set,
          caller: callerOf(request),
          address: truncateAddress(clientAddressOf(request), deps.config.ipStorage),
          nowMs: deps.clock.nowMs(),
        }),
      }),
      afterHandle: waitForEdges,
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
  return <const Prefix extends string>(prefix: Prefix, tag: string) =>
    new Elysia({ prefix, tags: [tag] }).use(scopes)
}

export type ScopedRoutes = ReturnType<typeof createScopedRoutes>

/** A request without a body can be neither too large nor of the wrong type. */
function dropBodyProblems(options: object): void {
  const route: { body?: unknown; response?: Record<number, unknown> } = options
  if (route.body !== undefined) return
  const { 413: _tooLarge, 415: _wrongType, ...response } = route.response ?? {}
  route.response = response
}

/** The router reads a parameter with malformed percent-encoding as null. No name contains a NUL. */
function rejectMalformedPath(params: Readonly<Record<string, string | null>> = {}): void {
  const values = Object.values(params)
  if (values.some((value) => value === null || value.includes('\0'))) throw pathNotFound()
}

/** The router would keep malformed text as it is, and one of several values of a parameter. */
function checkQuery(url: string): void {
  const start = url.indexOf('?')
  if (start === -1) return
  if (
    url
      .slice(start + 1)
      .split('&')
      .some(isMalformed)
  ) {
    throw new Fault(
      'invalid_request',
      'The query string is not percent-encoded UTF-8, or contains a NUL. Write % as %25, and é as %C3%A9.',
    )
  }
  const seen = new Set<string>()
  for (const name of new URLSearchParams(url.slice(start)).keys()) {
    if (seen.has(name)) throw invalidField(`?${name}`, 'This parameter is repeated. Send it once.')
    seen.add(name)
  }
}

/** A cursor that was not issued by this server gets an error of its own. */
function isMalformed(parameter: string): boolean {
  if (!parameter.includes('%') || parameter.startsWith('cursor=')) return false
  try {
    return decodeURIComponent(parameter).includes('\0')
  } catch {
    return true
  }
}
