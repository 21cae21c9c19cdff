import { and, eq, inArray, lte, ne } from 'drizzle-orm'
import type { Lease, Leases, Nodes } from '../nodes-port.ts'
import { releaseClaims } from './claims.ts'
import type { Engine, Reading } from './engine.ts'
import { leases, nodes } from './node-schema.ts'

export function createNodes(engine: Engine): Nodes {
  const { db, clock, transact } = engine
  return {
    beat: (id) =>
      transact(() => {
        const set = { heartbeatAtMs: clock.nowMs() }
        const insert = db.insert(nodes).values({ id, ...set })
        insert.onConflictDoUpdate({ target: nodes.id, set }).run()
      }),
    // Only processes of this machine use the database.
    getClockSkewMs: () => 0,
    endSilent: (ownId, silentMs) =>
      transact(() => {
        const isSilent = lte(nodes.heartbeatAtMs, clock.nowMs() - silentMs)
        // The clock may have been set back since the last beat of a server that has ended.
        const isEnded = and(ne(nodes.id, ownId), silentMs === 0 ? undefined : isSilent)
        const ended = db.select({ id: nodes.id }).from(nodes).where(isEnded).all()
        endNodes(
          engine,
          ended.map(({ id }) => id),
        )
        return ended.length
      }),
    end: (id) => transact(() => endNodes(engine, [id])),
  }
}

function endNodes(engine: Engine, ids: readonly string[]): void {
  if (ids.length === 0) return
  releaseClaims(engine, ids)
  engine.db.delete(leases).where(inArray(leases.holder, ids)).run()
  engine.db.delete(nodes).where(inArray(nodes.id, ids)).run()
}

export function createLeases(engine: Engine): Leases {
  const { db, committed, transact } = engine
  return {
    take: async (lease) => {
      // Most calls change nothing, and reading takes no lock.
      const state = readState(committed, lease)
      if (state !== 'open') return state === 'own'
      return transact(() => {
        const current = readState(engine, lease)
        if (current === 'open') writeLease(engine, lease)
        return current !== 'taken'
      })
    },
    takeOver: (lease) => transact(() => writeLease(engine, lease)),
    release: (name, holder) =>
      transact(() => {
        const isHeld = and(eq(leases.name, name), eq(leases.holder, holder))
        db.delete(leases).where(isHeld).run()
      }),
  }
}

/** Returns `open` for a lease that is to be written: it has ended, or soon needs to be extended. */
function readState(
  { db, clock }: Reading,
  { name, holder, forMs }: Lease,
): 'own' | 'taken' | 'open' {
  const row = db.select().from(leases).where(eq(leases.name, name)).get()
  const leftMs = row === undefined ? 0 : row.untilMs - clock.nowMs()
  // If more is left than there was, the clock has been set back.
  if (row === undefined || leftMs <= 0 || leftMs > forMs) return 'open'
  if (row.holder !== holder) return 'taken'
  return leftMs < forMs / 2 ? 'open' : 'own'
}

function writeLease({ db, clock }: Engine, { name, holder, forMs }: Lease): void {
  const set = { holder, untilMs: clock.nowMs() + forMs }
  const insert = db.insert(leases).values({ name, ...set })
  insert.onConflictDoUpdate({ target: leases.name, set }).run()
}
