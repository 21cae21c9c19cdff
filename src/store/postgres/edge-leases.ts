import { parseChangePosition } from '~/domain/change-positions.ts'
import type { EdgeLeases } from '~/domain/edge-leases.ts'
import type { EdgeLeaseBook, StoredLeases } from '../edges-port.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { Engine } from './engine.ts'
import { NOW_MS } from './nodes.ts'

const FIND = `
  SELECT ${NOW_MS} AS "nowMs",
    (SELECT body FROM edge_leases WHERE edge_id = edges.id) AS body
  FROM edges WHERE id = $1`

/** Writes nothing if another server has written meanwhile. */
const REPLACE = 'UPDATE edge_leases SET body = $2 WHERE edge_id = $1 AND body = $3'
const INSERT = `
  INSERT INTO edge_leases (edge_id, body) SELECT id, $2 FROM edges WHERE id = $1
  ON CONFLICT (edge_id) DO NOTHING`

const READ = `
  SELECT ${NOW_MS} AS "nowMs", edge_id AS id, body
  FROM (SELECT 1) AS one LEFT JOIN edge_leases ON true`

interface Row {
  readonly nowMs: string
  readonly body: string | null
}

/** Reads and writes without a transaction, whose commit would wake everyone at each poll of an edge. */
export function createEdgeLeases({ client }: Engine, feed: ChangeFeed): EdgeLeaseBook {
  const readSession = () => parseChangePosition(feed.readPosition() ?? '')?.session ?? ''
  return {
    change: async (edgeId, decide) => {
      for (;;) {
        const [row] = await client.unsafe<Row[]>(FIND, [edgeId])
        const former = row?.body ?? null
        const session = readSession()
        const known = former === null ? null : parseLeases(former, session)
        const { leases, result } = decide(known, Number(row?.nowMs ?? 0))
        const body = JSON.stringify({ session, leases } satisfies StoredLeases)
        if (row === undefined || body === former) return result
        const given = former === null ? [edgeId, body] : [edgeId, body, former]
        const { count } = await client.unsafe(former === null ? INSERT : REPLACE, given)
        if ((count ?? 0) > 0) return result
      }
    },
    read: async () => {
      const rows = await client.unsafe<(Row & { id: string | null })[]>(READ)
      const session = readSession()
      const found = rows.flatMap(({ id, body }): (readonly [string, EdgeLeases])[] =>
        id === null || body === null ? [] : [[id, parseLeases(body, session)]],
      )
      return { nowMs: Number(rows[0]?.nowMs ?? 0), leases: new Map(found) }
    },
  }
}

/** After a failover, numbers begin anew, so former leases count as older than all changes. */
function parseLeases(body: string, current: string): EdgeLeases {
  const { session, leases }: StoredLeases = JSON.parse(body)
  if (session === current) return leases
  const grants = leases.grants.map((grant) => ({ ...grant, number: 0 }))
  return { ...leases, acknowledged: 0, grants }
}
