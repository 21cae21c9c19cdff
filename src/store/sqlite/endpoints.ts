import { asc, desc, eq, lt } from 'drizzle-orm'
import type { Change } from '~/domain/decisions.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import type { Page, PageRequest, Store } from '../port.ts'
import { outcomeOf } from './commit.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { pageByPosition, positionOf } from './pages.ts'
import { endpoints } from './schema.ts'

export interface EndpointReads {
  readEndpoint(id: string): Endpoint | null
  readEndpoints(page: PageRequest): Page<Endpoint>
  readEnabled(): readonly Endpoint[]
}

export function createEndpointReads(db: Db): EndpointReads {
  const enabled = db
    .select()
    .from(endpoints)
    .where(eq(endpoints.state, 'enabled'))
    .orderBy(asc(endpoints.position))
    .prepare()

  function readEndpoint(id: string): Endpoint | null {
    const row = db.select().from(endpoints).where(eq(endpoints.id, id)).get()
    return row === undefined ? null : toEndpoint(row)
  }

  function readEndpoints({ limit, after }: PageRequest): Page<Endpoint> {
    const rows = db
      .select()
      .from(endpoints)
      .where(after === null ? undefined : lt(endpoints.position, positionOf(after)))
      .orderBy(desc(endpoints.position))
      .limit(limit + 1)
      .all()
    return pageByPosition(rows, limit, toEndpoint)
  }

  return { readEndpoint, readEndpoints, readEnabled: () => enabled.all().map(toEndpoint) }
}

function toEndpoint({ position: _order, ...endpoint }: typeof endpoints.$inferSelect): Endpoint {
  return endpoint
}

type EndpointMethods = Pick<
  Store,
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
