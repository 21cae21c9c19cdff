import { describeChange } from '~/domain/audit-values.ts'
import type { Edge } from '~/domain/edges.ts'
import type { Edges, EdgeUsage } from '../edges-port.ts'
import { nameEdgeAction, POLL_INTERVAL_MS, SEEN_INTERVAL_MS } from '../shared/edges.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import { edges } from './edge-schema.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { readNewest } from './pages.ts'
import { insertRows, selectRow, selectRows, updateRow } from './rows.ts'

const IS_CURRENT = 'revoked_at_ms IS NULL'

const RECORD_POLL = `
  UPDATE edges SET last_polled_at_ms = $2, stale_ms = $3, usage_until_ms = coalesce(usage_until_ms, $2)
  WHERE id = $1 AND (last_polled_at_ms IS NULL OR stale_ms <> $3
    OR NOT $2 BETWEEN last_polled_at_ms AND last_polled_at_ms + ${POLL_INTERVAL_MS - 1})`

export function createEdges(engine: Engine): Edges {
  const { client, transact } = engine
  return {
    list: (page) => readNewest(engine, edges, page, toEdge, IS_CURRENT),
    listAll: async () => (await selectRows(engine, edges, undefined, '')).map(toEdge),
    find: (id) => findEdge(engine, 'id = $1', id),
    findByName: (name) => findEdge(engine, 'name = $1', name),
    findByToken: (tokenHash) => findEdge(engine, 'token_hash = $1', tokenHash),
    create: (edge, tokenHash, context) =>
      runCommand(engine, context, async (tx) => {
        await insertRows(tx, edges, [{ ...edge, tokenHash }])
        recordEdge(tx, context, null, edge)
        return edge
      }),
    change: (id, context, decide) =>
      runCommand<Edge, Edge | null>(engine, context, async (tx) => {
        const edge = await findEdge(tx, 'id = $1', id, 'FOR NO KEY UPDATE')
        if (edge === null) return null
        const next = decide(edge)
        if (next === edge) return edge
        const set = next === null ? { revokedAtMs: context.nowMs } : { name: next.name }
        await updateRow(tx, edges, id, set)
        recordEdge(tx, context, edge, next)
        return next ?? edge
      }),
    // Compared with the row, because the last poll may have come to another node.
    recordPoll: async (id, { atMs, staleMs }) => {
      await client.unsafe(RECORD_POLL, [id, atMs, staleMs])
    },
    recordUsage: (id, usage) => transact((tx) => writeUsage(tx, id, usage)),
  }
}

/** Returns the time up to which the validations of all edges have arrived; null if there are no edges. */
export async function readUsageUntil({ client }: Reading): Promise<number | null> {
  const [row] = await client.unsafe<{ untilMs: string | null }[]>(
    `SELECT min(usage_until_ms) AS "untilMs" FROM edges WHERE ${IS_CURRENT}`,
  )
  return row?.untilMs ? Number(row.untilMs) : null
}

async function findEdge(
  reading: Reading,
  condition: string,
  value: string,
  lock = '',
): Promise<Edge | null> {
  const where = `WHERE ${condition} AND ${IS_CURRENT} ${lock}`
  const row = await selectRow(reading, edges, undefined, where, [value])
  return row === null ? null : toEdge(row)
}

function toEdge({
  position: _order,
  tokenHash: _secret,
  ...edge
}: typeof edges.$inferSelect): Edge {
  return edge
}

function recordEdge(tx: Tx, origin: Origin, former: Edge | null, edge: Edge | null): void {
  const id = (edge ?? former)?.id ?? ''
  const action = nameEdgeAction(former, edge)
  recordAction(tx, origin, action, id, describeChange('edge', former, edge))
}

/** Stays NULL until the first poll: a handler never polls, so no eviction waits for it. */
const RAISE_USAGE = `
  UPDATE edges SET usage_until_ms = greatest(usage_until_ms, $2)
  WHERE id = $1 AND usage_until_ms IS NOT NULL`

const RAISE_SEEN = `
  UPDATE activations SET last_seen_at_ms = at
  FROM (
    SELECT given.id, given.at FROM json_to_recordset($1::text::json) AS given (id text, at bigint)
    JOIN activations USING (id) WHERE last_seen_at_ms <= given.at - ${SEEN_INTERVAL_MS}
    ORDER BY id FOR NO KEY UPDATE OF activations
  ) AS seen
  WHERE activations.id = seen.id`

/** Locks in the order of the ids, so that two nodes never wait for each other. */
async function writeUsage({ client }: Tx, id: string, { untilMs, seen }: EdgeUsage): Promise<void> {
  if (seen.length > 0) {
    const latest = new Map<string, number>()
    for (const [activationId, at] of seen) {
      latest.set(activationId, Math.max(at, latest.get(activationId) ?? at))
    }
    const given = [...latest].map(([activationId, at]) => ({ id: activationId, at }))
    await client.unsafe(RAISE_SEEN, [JSON.stringify(given)])
  }
  await client.unsafe(RAISE_USAGE, [id, untilMs])
}
