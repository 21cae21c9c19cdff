import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { ClientAddressOf } from '../plugins/client-address.ts'
import type { EdgeBoard } from './board.ts'
import { edgeFactsRoutes } from './facts.ts'
import { edgeFeedRoutes } from './feed.ts'
import { edgeForwardRoutes, type Respond } from './forward.ts'
import { edgeUsageRoutes } from './usage.ts'

interface EdgeParts {
  readonly board: EdgeBoard
  readonly clientAddressOf: ClientAddressOf
  /** Runs the client routes. */
  readonly respond: Respond
}

/** The routes that edges call with their token, a file per noun. */
export const edgeRoutes = (deps: Deps, { board, clientAddressOf, respond }: EdgeParts) =>
  new Elysia({ prefix: '/api/v1/edge' })
    .use(edgeFeedRoutes(deps, board))
    .use(edgeFactsRoutes(deps))
    .use(edgeUsageRoutes(deps))
    .use(edgeForwardRoutes(respond, clientAddressOf))
