import { and, eq, inArray, ne } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import { runAtOnce } from '~/turns.ts'
import type { Endpoints } from '../port.ts'
import { describeEndpoints } from '../shared/endpoints.ts'
import { readPageByPosition } from '../shared/pages.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { appendEvents } from './events.ts'
import { equals, selectNewest } from './parameters.ts'
import { endpoints } from './schema.ts'

export function prepareEndpoints(db: Db) {
  const select = () => db.select().from(endpoints)
  const isKept = ne(endpoints.state, 'deleted')
  const isKeptWithId = and(isKept, equals(endpoints.id, 'id'))
  return {
    byId: select().where(isKeptWithId).prepare(),
    newest: selectNewest(select().$dynamic(), endpoints.position, isKept).prepare(),
    receiving: db
      .select({ id: endpoints.id, events: endpoints.events })
      .from(endpoints)
      .where(inArray(endpoints.state, ['enabled', 'paused']))
      .prepare(),
  }
}

export function createEndpoints(engine: Engine): Endpoints {
  const getStatements = () => engine.committed.statements.endpoints
  return {
    list: async (page) =>
      readPageByPosition(page, (range) => getStatements().newest.all(range), toEndpoint),
    find: async (id) => readEndpoint(engine.committed, id),
    create: (endpoint, context) =>
      runCommand(engine, context, () => {
        engine.db.insert(endpoints).values(endpoint).run()
        const change = describeEndpoints(null, endpoint)
        recordAction(engine, context, 'endpoint.create', endpoint.id, change)
        return endpoint
      }),
    change: (id, context, decide) =>
      runCommand(engine, context, () => {
        const endpoint = readEndpoint(engine, id)
        if (endpoint === null) return null
        const next = decide(endpoint)
        if (next === null) deleteEndpoint(engine, context, endpoint)
        else if (next !== endpoint) updateEndpoint(engine, context, next)
        return next ?? endpoint
      }),
    notify: (id, context, decide) =>
      runCommand(engine, context, () => {
        const endpoint = readEndpoint(engine, id)
        if (endpoint === null) return null
        runAtOnce(appendEvents(engine, [decide(endpoint)], context.nowMs))
        return endpoint
      }),
  }
}

export function readEndpoint({ statements }: Reading, id: string): Endpoint | null {
  const row = statements.endpoints.byId.get({ id })
  return row === undefined ? null : toEndpoint(row)
}

export function toEndpoint(row: typeof endpoints.$inferSelect): Endpoint {
  const { position: _order, state, ...rest } = row
  assert(state !== 'deleted', 'a deleted endpoint is not read')
  return { ...rest, state }
}

export function updateEndpoint(engine: Engine, origin: Origin, endpoint: Endpoint): void {
  const { id } = endpoint
  const former = readEndpoint(engine, id)
  engine.db.update(endpoints).set(endpoint).where(eq(endpoints.id, id)).run()
  recordAction(engine, origin, 'endpoint.update', id, describeEndpoints(former, endpoint))
}

/** Keeps the row until its deliveries have been cleaned up, but not its secrets. */
function deleteEndpoint(engine: Engine, origin: Origin, endpoint: Endpoint): void {
  const { id } = endpoint
  const deleted = { state: 'deleted', secretSealed: '', formerSecret: null } as const
  engine.db.update(endpoints).set(deleted).where(eq(endpoints.id, id)).run()
  recordAction(engine, origin, 'endpoint.delete', id, describeEndpoints(endpoint, null))
}
