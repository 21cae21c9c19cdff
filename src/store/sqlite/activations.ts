import { and, asc, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import type { Activation } from '~/domain/activations.ts'
import type { Activations } from '../port.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { AFTER_ALL_IDS, cutPage } from './pages.ts'
import { activations, deactivations } from './schema.ts'

/** Each statement uses an index and reads no more rows than it returns. */
export function prepareActivations(db: Db) {
  const isOfLicense = eq(activations.licenseId, sql.placeholder('licenseId'))
  const isOfKind = eq(activations.kind, sql.placeholder('kind'))
  const select = () => db.select().from(activations)

  const newestOf = (kind: Activation['kind'], isFree: boolean) =>
    select().where(
      and(
        isOfLicense,
        eq(activations.kind, kind),
        eq(activations.isFree, isFree),
        lt(activations.id, sql.placeholder('before')),
      ),
    )

  return {
    byId: select()
      .where(and(isOfLicense, eq(activations.id, sql.placeholder('id'))))
      .prepare(),
    byValue: select()
      .where(and(isOfLicense, isOfKind, eq(activations.value, sql.placeholder('value'))))
      .prepare(),
    /** Domains that hold a slot or are free, oldest first. */
    byRoot: select()
      .where(
        and(
          isOfLicense,
          eq(activations.root, sql.placeholder('root')),
          eq(activations.isFree, sql.placeholder('isFree')),
        ),
      )
      .limit(sql.placeholder('max'))
      .prepare(),
    idlest: select()
      .where(and(isOfLicense, isOfKind, eq(activations.isFree, false)))
      .orderBy(asc(activations.lastSeenAtMs))
      .limit(1)
      .prepare(),
    oldestDomains: db
      .select({ value: activations.value })
      .from(activations)
      .where(and(isOfLicense, eq(activations.kind, 'domain'), eq(activations.isFree, false)))
      .orderBy(asc(activations.id))
      .limit(sql.placeholder('max'))
      .prepare(),
    // One branch per index range that is in order, so that SQLite merges them without sorting.
    newest: unionAll(newestOf('device', false), newestOf('domain', false), newestOf('domain', true))
      .orderBy(desc(activations.id))
      .limit(sql.placeholder('max'))
      .prepare(),
    development: select()
      .where(and(isOfLicense, isNull(activations.root), eq(activations.isFree, true)))
      .limit(sql.placeholder('max'))
      .prepare(),
    latestDeactivations: db
      .select({ atMs: deactivations.atMs })
      .from(deactivations)
      .where(
        and(
          eq(deactivations.licenseId, sql.placeholder('licenseId')),
          gt(deactivations.atMs, sql.placeholder('sinceMs')),
        ),
      )
      .orderBy(desc(deactivations.atMs))
      .limit(sql.placeholder('max'))
      .prepare(),
  }
}

export function createActivations(engine: Engine): Activations {
  return {
    list: async (licenseId, { limit, after }) => {
      // Shows what was recorded before. If that cannot be written, the rest can be read.
      await engine.lastSeen.flush().catch(() => undefined)
      const range = { licenseId, before: after ?? AFTER_ALL_IDS, max: limit + 1 }
      const rows = engine.statements.activations.newest.all(range)
      return cutPage(
        rows,
        limit,
        ({ id }) => id,
        (row) => row,
      )
    },
    find: async (licenseId, names) => {
      for (const name of names) {
        const activation = readByName(engine, licenseId, name)
        if (activation !== null) return activation
      }
      return null
    },
    recordSeen: (activations, atMs) => engine.lastSeen.recordActivations(activations, atMs),
  }
}

function readByName(engine: Engine, licenseId: string, name: string): Activation | null {
  return (
    readById(engine, licenseId, name) ??
    readByValue(engine, licenseId, 'device', name) ??
    readByValue(engine, licenseId, 'domain', name)
  )
}

export function readById({ statements }: Engine, licenseId: string, id: string): Activation | null {
  return statements.activations.byId.get({ licenseId, id }) ?? null
}

export function readByValue(
  { statements }: Engine,
  licenseId: string,
  kind: Activation['kind'],
  value: string,
): Activation | null {
  return statements.activations.byValue.get({ licenseId, kind, value }) ?? null
}
