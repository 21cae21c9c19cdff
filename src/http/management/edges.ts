import type { Deps } from '~/deps.ts'
import { createToken, TOKEN_RANDOM_BYTES } from '~/domain/api-keys.ts'
import { buildEdge, type Edge as DomainEdge, EDGE_TOKEN_PREFIX } from '~/domain/edges.ts'
import { CreatedEdge, CreateEdgeBody, Edge, presentEdge } from '~/wire/edges.ts'
import { listPage } from '~/wire/pages.ts'
import { answers, created, noContent, pages } from '../answers.ts'
import type { EdgeBoard } from '../edge/board.ts'
import { presentFound } from '../plugins/command.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

type EdgeDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes' | 'createId'>

export const edgeManagementRoutes = (deps: EdgeDeps, routes: ScopedRoutes, board: EdgeBoard) => {
  const { store, vault } = deps
  const present = (edge: DomainEdge) => presentEdge(edge, board.getStatus(edge))
  const resource = { noun: 'edge', present, change: store.edges.change }

  return routes('/edges', 'Edges')
    .get('', ({ query }) => listPage('edges', query, present, store.edges.list), {
      scope: 'edges:read',
      operationId: 'listEdges',
      ...pages(Edge),
      summary: 'List edges, newest first',
    })
    .post(
      '',
      ({ body: { name }, command }) => {
        const edge = buildEdge({ id: deps.createId('edge'), name, createdAtMs: command.nowMs })
        const token = createToken(deps.randomBytes(TOKEN_RANDOM_BYTES), EDGE_TOKEN_PREFIX)
        const withToken = {
          noun: 'edge',
          present: (edge: DomainEdge) => ({ ...present(edge), token }),
          redact: (shown: CreatedEdge) => ({ ...shown, token: null }),
        }
        return command.create(withToken, (context) =>
          store.edges.create(edge, vault.hashToken(token), context),
        )
      },
      {
        scope: 'edges:write',
        operationId: 'createEdge',
        body: CreateEdgeBody,
        ...created(CreatedEdge, 409),
        summary: 'Create an edge',
        description:
          'Only this response contains the token, which `licet edge` reads from `LICET_EDGE_TOKEN`. Each edge needs a token of its own.',
      },
    )
    .get('/:id', ({ params }) => presentFound(resource, store.edges.find(params.id)), {
      scope: 'edges:read',
      operationId: 'getEdge',
      ...answers(Edge, 404),
      summary: 'Get an edge',
    })
    .delete('/:id', ({ params, command }) => command.delete(resource, params.id, () => null), {
      scope: 'edges:write',
      operationId: 'revokeEdge',
      ...noContent(404),
      summary: 'Revoke an edge',
      description:
        'Its token stops working at once. While it cannot be reached, it may still confirm licenses until its lease, and the time for which it serves stale facts, are over.',
    })
}
