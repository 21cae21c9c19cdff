import { and, desc, eq, lt, ne, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import type { Change } from '~/domain/decisions.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import { outcomeOf } from './outcomes.ts'
import { pageByPosition, positionOf } from './pages.ts'
import { endpoints } from './schema.ts'

export interface EndpointReads {
  readEndpoint(id: string): Endpoint | null
  readEndpoints(page: PageRequest): Page<Endpoint>
}

export function createEndpointReads(db: Db): EndpointReads {
  const isThere = ne(endpoints.state, 'deleted')
  const byId = db
    .select()
    .from(endpoints)
    .where(and(eq(endpoints.id, sql.placeholder('id')), isThere))
    .prepare()

  function readEndpoint(id: string): Endpoint | null {
    const row = byId.get({ id })
    return row === undefined ? null : toEndpoint(row)
  }

  function readEndpoints({ limit, after }: PageRequest): Page<Endpoint> {
    const rows = db
      .select()
      .from(endpoints)
      .where(and(isThere, after === null ? undefined : lt(endpoints.position, positionOf(after))))
      .orderBy(desc(endpoints.position))
      .limit(limit + 1)
      .all()
    return pageByPosition(rows, limit, toEndpoint)
  }

  return { readEndpoint, readEndpoints }
}

export function toEndpoint(row: typeof endpoints.$inferSelect): Endpoint {
  const { position: _order, state, ...rest } = row
  assert(state !== 'deleted', 'a deleted endpoint is not read')
  return { ...rest, state }
}

export function toEndpointRow(endpoint: Endpoint): typeof endpoints.$inferInsert {
  return { ...endpoint, events: [...endpoint.events] }
}

type EndpointMethods = Pick<
  FlatStore,
  'listEndpoints' | 'findEndpoint' | 'createEndpoint' | 'changeEndpoint'
>

export function endpointMethods({ endpoints: reads, command }: Engine): EndpointMethods {
  return {
    listEndpoints: async (page) => reads.readEndpoints(page),
    findEndpoint: async (id) => reads.readEndpoint(id),
    createEndpoint: async (endpoint, context) => {
      const changes: Change[] = [{ type: 'endpoint.create', endpoint }]
      await command(context, () => outcomeOf({ result: endpoint, changes, events: [] }))
      return endpoint
    },
    changeEndpoint: (id, context, decide) =>
      command(context, () => {
        const endpoint = reads.readEndpoint(id)
        return endpoint === null ? null : outcomeOf(decide(endpoint))
      }),
  }
}
