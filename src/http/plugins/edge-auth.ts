import { Elysia } from 'elysia'
import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import type { Edge } from '~/domain/edges.ts'
import { Fault } from '~/domain/faults.ts'
import type { EdgeBoard } from '../edge/board.ts'
import { readBearer } from './auth.ts'
import { type EdgeCaller, pathOf, requestState } from './requests.ts'
import type { RouteIndex } from './route-index.ts'

interface EdgeAuthParts {
  readonly routeIndex: RouteIndex
  readonly board: Pick<EdgeBoard, 'releaseRejected'>
}

/**
 * Rejects requests to the routes of edges without the token of an edge, before their body is read. Never
 * with 429, which an edge would take for the response to one of its clients. Tokens cannot be guessed.
 */
export const edgeAuth = (
  { store, vault }: Pick<Deps, 'store' | 'vault'>,
  { routeIndex, board }: EdgeAuthParts,
) =>
  new Elysia({ name: 'edge-auth' }).onRequest(async ({ request }) => {
    if (routeIndex.credentialOf(pathOf(request.url)) !== 'edge token') return
    const token = readBearer(request)
    if (token === null) {
      throw new Fault('unauthorized', 'Send the token of an edge: Authorization: Bearer <token>.')
    }
    const tokenHash = vault.hashToken(token)
    const edge = await store.edges.findByToken(tokenHash)
    if (edge === null) {
      const query = new URL(request.url).searchParams
      if (query.has('empty')) board.releaseRejected(tokenHash, query.get('process') ?? '')
      throw edgeRejected()
    }
    requestState(request).edge = { edge, tokenHash }
  })

/** Returns the edge of a request that has passed `edgeAuth`. */
export function edgeCallerOf(request: Request): EdgeCaller {
  const { edge } = requestState(request)
  assert(edge !== null, 'a route of edges is behind edgeAuth')
  return edge
}

/** Returns the edge that has sent a request. */
export const edgeOf = (request: Request): Edge => edgeCallerOf(request).edge

/** The Fault for a token that no edge has. */
export function edgeRejected(): Fault {
  return new Fault(
    'unauthorized',
    'No edge has this token, or it was revoked. Create an edge, and use its token.',
  )
}
