import { assert } from '~/assert.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import type { Endpoints } from '../port.ts'
import { describeEndpoints } from '../shared/endpoints.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { appendEvents } from './events.ts'
import { readNewest } from './pages.ts'
import { insertRows, selectRow, updateRow } from './rows.ts'
import { endpoints } from './schema.ts'

export function createEndpoints(engine: Engine): Endpoints {
  return {
    list: (page) => readNewest(engine, endpoints, page, toEndpoint, "state <> 'deleted'"),
    find: (id) => readEndpoint(engine, id),
    create: (endpoint, context) =>
      runCommand(engine, context, async (tx) => {
        await insertRows(tx, endpoints, [endpoint])
        const change = describeEndpoints(null, endpoint)
        recordAction(tx, context, 'endpoint.create', endpoint.id, change)
        return endpoint
      }),
    change: (id, context, decide) =>
      runCommand(engine, context, async (tx) => {
        const endpoint = await readEndpoint(tx, id, LOCK)
        if (endpoint === null) return null
        const next = decide(endpoint)
        if (next === null) await deleteEndpoint(tx, context, endpoint)
        else if (next !== endpoint) await updateEndpoint(tx, context, next)
        return next ?? endpoint
      }),
    notify: (id, context, decide) =>
      runCommand(engine, context, async (tx) => {
        const endpoint = await readEndpoint(tx, id, LOCK)
        if (endpoint === null) return null
        await appendEvents(tx, [decide(endpoint)], context.nowMs)
        return endpoint
      }),
  }
}

export const LOCK = 'FOR NO KEY UPDATE'

/** Reads an endpoint. A `lock` such as `FOR SHARE` keeps it as it is until the transaction ends. */
export async function readEndpoint(
  reading: Reading,
  id: string,
  lock = '',
): Promise<Endpoint | null> {
  const condition = `WHERE id = $1 AND state <> 'deleted' ${lock}`
  const row = await selectRow(reading, endpoints, undefined, condition, [id])
  return row === null ? null : toEndpoint(row)
}

export function toEndpoint(row: typeof endpoints.$inferSelect): Endpoint {
  const { position: _order, state, ...rest } = row
  assert(state !== 'deleted', 'a deleted endpoint is not read')
  return { ...rest, state }
}

export async function updateEndpoint(tx: Tx, origin: Origin, endpoint: Endpoint): Promise<void> {
  const { id } = endpoint
  const former = await readEndpoint(tx, id, LOCK)
  await updateRow(tx, endpoints, id, endpoint)
  recordAction(tx, origin, 'endpoint.update', id, describeEndpoints(former, endpoint))
}

/** Keeps the row until its deliveries have been cleaned up, but not its secrets. */
async function deleteEndpoint(tx: Tx, origin: Origin, endpoint: Endpoint): Promise<void> {
  const { id } = endpoint
  await updateRow(tx, endpoints, id, { state: 'deleted', secretSealed: '', formerSecret: null })
  recordAction(tx, origin, 'endpoint.delete', id, describeEndpoints(endpoint, null))
}
