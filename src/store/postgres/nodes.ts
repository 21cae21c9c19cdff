import { formatArray } from '~/platform/postgres.ts'
import type { Lease, Leases, Nodes } from '../nodes-port.ts'
import { releaseClaims } from './claims.ts'
import type { Engine, Tx } from './engine.ts'

/** The clocks of servers differ, so all compare with that of the database. */
export const NOW_MS = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint'

export function createNodes({ client, transact, clock }: Engine): Nodes {
  let skewMs = 0
  return {
    beat: async (id) => {
      const sentAtMs = clock.nowMs()
      const sentMs = performance.now()
      const [row] = await client.unsafe<{ nowMs: string }[]>(
        `INSERT INTO nodes (id, heartbeat_at_ms) VALUES ($1, ${NOW_MS})
         ON CONFLICT (id) DO UPDATE SET heartbeat_at_ms = excluded.heartbeat_at_ms
         RETURNING heartbeat_at_ms AS "nowMs"`,
        [id],
      )
      // The database has read its clock at some time in between, so that only what exceeds this is certain.
      const uncertainMs = (performance.now() - sentMs) / 2
      const differenceMs = sentAtMs + uncertainMs - Number(row?.nowMs)
      skewMs = Math.sign(differenceMs) * Math.max(0, Math.abs(differenceMs) - uncertainMs)
    },
    getClockSkewMs: () => skewMs,
    endSilent: (ownId, silentMs) =>
      transact(async (tx) => {
        const isSilent = `heartbeat_at_ms <= ${NOW_MS} - $2`
        const ended = await tx.client.unsafe<{ id: string }[]>(
          `SELECT id FROM nodes WHERE id <> $1 AND ($2::bigint = 0 OR ${isSilent})
           ORDER BY id FOR UPDATE SKIP LOCKED`,
          [ownId, silentMs],
        )
        const ids = ended.map(({ id }) => id)
        await endNodes(tx, ids)
        return ids.length
      }),
    end: (id) => transact((tx) => endNodes(tx, [id])),
  }
}

async function endNodes(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await releaseClaims(tx, ids)
  const ended = formatArray(ids)
  await tx.client.unsafe('DELETE FROM leases WHERE holder = ANY($1::text::text[])', [ended])
  await tx.client.unsafe('DELETE FROM nodes WHERE id = ANY($1::text::text[])', [ended])
}

export function createLeases({ client }: Engine): Leases {
  return {
    take: async (lease) => {
      // Most calls change nothing, and reading takes no lock.
      const state = await readState(client, lease)
      if (state !== 'open') return state === 'own'
      const { name, holder, forMs } = lease
      const taken = await client.unsafe(
        `INSERT INTO leases (name, holder, until_ms) VALUES ($1, $2, ${NOW_MS} + $3::bigint)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
         WHERE leases.holder = excluded.holder OR leases.until_ms <= ${NOW_MS}
         RETURNING 1`,
        [name, holder, forMs],
      )
      return taken.length > 0
    },
    takeOver: async ({ name, holder, forMs }) => {
      await client.unsafe(
        `INSERT INTO leases (name, holder, until_ms) VALUES ($1, $2, ${NOW_MS} + $3::bigint)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms`,
        [name, holder, forMs],
      )
    },
    release: async (name, holder) => {
      await client.unsafe('DELETE FROM leases WHERE name = $1 AND holder = $2', [name, holder])
    },
  }
}

/** Returns `open` for a lease that is to be written: it has ended, or soon needs to be extended. */
async function readState(
  client: Engine['client'],
  { name, holder, forMs }: Lease,
): Promise<'own' | 'taken' | 'open'> {
  const [row] = await client.unsafe<{ holder: string; leftMs: string }[]>(
    `SELECT holder, until_ms - ${NOW_MS} AS "leftMs" FROM leases WHERE name = $1`,
    [name],
  )
  const leftMs = Number(row?.leftMs ?? 0)
  if (row === undefined || leftMs <= 0) return 'open'
  if (row.holder !== holder) return 'taken'
  return leftMs < forMs / 2 ? 'open' : 'own'
}
