import { and, type Column, eq, isNull } from 'drizzle-orm'
import { createClockMap, type Used } from '~/clock-map.ts'
import { describeChange } from '~/domain/audit-values.ts'
import type { Edge } from '~/domain/edges.ts'
import { isRunning } from '~/domain/times.ts'
import type { Steps } from '~/turns.ts'
import type { EdgePoll, Edges, EdgeUsage } from '../edges-port.ts'
import { nameEdgeAction, POLL_INTERVAL_MS, SEEN_INTERVAL_MS } from '../shared/edges.ts'
import { readPageByPosition } from '../shared/pages.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import { edges } from './edge-schema.ts'
import type { Engine, Reading } from './engine.ts'
import { equals, selectNewest } from './parameters.ts'

const EDGES_KNOWN_MAX = 1000

type EdgeRow = typeof edges.$inferSelect

export function prepareEdges(db: Db) {
  const { $client } = db
  const isCurrent = isNull(edges.revokedAtMs)
  const select = () => db.select().from(edges)
  const selectBy = (column: Column, parameter: string) =>
    select()
      .where(and(equals(column, parameter), isCurrent))
      .prepare()
  return {
    all: select().prepare(),
    byId: selectBy(edges.id, 'id'),
    byName: selectBy(edges.name, 'name'),
    byToken: selectBy(edges.tokenHash, 'tokenHash'),
    newest: selectNewest(select().$dynamic(), edges.position, isCurrent).prepare(),
    recordPoll: $client.prepare<unknown, { atMs: number; staleMs: number; id: string }>(
      `UPDATE edges SET last_polled_at_ms = $atMs, stale_ms = $staleMs,
         usage_until_ms = coalesce(usage_until_ms, $atMs)
       WHERE id = $id`,
    ),
    recordUsage: $client.prepare<unknown, [untilMs: number, id: string]>(
      // Stays NULL until the first poll: a handler never polls, so no eviction waits for it.
      'UPDATE edges SET usage_until_ms = max(usage_until_ms, ?) WHERE id = ?',
    ),
    recordSeen: $client.prepare<unknown, [atMs: number, id: string, beforeMs: number]>(
      'UPDATE activations SET last_seen_at_ms = ? WHERE id = ? AND last_seen_at_ms <= ?',
    ),
    usageUntil: $client.prepare<{ untilMs: number | null }, []>(
      'SELECT min(usage_until_ms) AS untilMs FROM edges WHERE revoked_at_ms IS NULL',
    ),
  }
}

export function createEdges(engine: Engine): Edges {
  const { transactInSteps } = engine
  const { byId } = engine.statements.edges
  const committed = engine.committed.statements.edges
  const findBy = (row: EdgeRow | undefined) => (row === undefined ? null : toEdge(row))
  return {
    list: async (page) => readPageByPosition(page, (range) => committed.newest.all(range), toEdge),
    listAll: async () => committed.all.all().map(toEdge),
    find: async (id) => findBy(committed.byId.get({ id })),
    findByName: async (name) => findBy(committed.byName.get({ name })),
    findByToken: async (tokenHash) => findBy(committed.byToken.get({ tokenHash })),
    create: (edge, tokenHash, context) =>
      runCommand(engine, context, () => {
        engine.db
          .insert(edges)
          .values({ ...edge, tokenHash })
          .run()
        recordEdge(engine, context, null, edge)
        return edge
      }),
    change: (id, context, decide) =>
      runCommand(engine, context, () => {
        const edge = findBy(byId.get({ id }))
        if (edge === null) return null
        const next = decide(edge)
        if (next === edge) return edge
        const set = next === null ? { revokedAtMs: context.nowMs } : { name: next.name }
        engine.db.update(edges).set(set).where(eq(edges.id, id)).run()
        recordEdge(engine, context, edge, next)
        return next ?? edge
      }),
    recordPoll: createPollRecorder(engine),
    recordUsage: (id, usage) => transactInSteps(() => writeUsage(engine, id, usage)),
  }
}

/** Returns the time up to which the validations of all edges have arrived; null if there are no edges. */
export function readUsageUntil({ statements }: Reading): number | null {
  return statements.edges.usageUntil.get()?.untilMs ?? null
}

function toEdge({ position: _order, tokenHash: _secret, ...edge }: EdgeRow): Edge {
  return edge
}

function recordEdge(engine: Engine, origin: Origin, former: Edge | null, edge: Edge | null): void {
  const id = (edge ?? former)?.id ?? ''
  const action = nameEdgeAction(former, edge)
  recordAction(engine, origin, action, id, describeChange('edge', former, edge))
}

/** Remembers what it has written, to write again only after a minute or a change. */
function createPollRecorder({ transact, statements }: Engine): Edges['recordPoll'] {
  const written = createClockMap<string, Used & EdgePoll>(EDGES_KNOWN_MAX)
  return async (id, { atMs, staleMs }) => {
    const last = written.get(id)
    if (last?.staleMs === staleMs && isRunning(last.atMs, POLL_INTERVAL_MS, atMs)) return
    await transact(() => statements.edges.recordPoll.run({ atMs, staleMs, id }))
    written.set(id, { atMs, staleMs, isUsed: false })
  }
}

function* writeUsage(
  { statements }: Engine,
  id: string,
  { untilMs, seen }: EdgeUsage,
): Steps<void> {
  const { recordSeen, recordUsage } = statements.edges
  for (const [activationId, atMs] of seen) {
    recordSeen.run(atMs, activationId, atMs - SEEN_INTERVAL_MS)
    yield
  }
  recordUsage.run(untilMs, id)
}
