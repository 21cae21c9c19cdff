import { and, asc, desc, eq, getTableColumns, gt, isNull, lt, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import type { Activation } from '~/domain/activations.ts'
import type { Activations } from '../port.ts'
import { AFTER_ALL_IDS, cutPageById } from '../shared/pages.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { equals } from './parameters.ts'
import { prepareSelect } from './rows.ts'
import { activations, deactivations } from './schema.ts'

/** Each statement uses an index and reads no more rows than it returns. */
export function prepareActivations(db: Db) {
  const { id, licenseId, kind, value, root, isFree } = activations
  const select = () => db.select().from(activations)
  const isOfLicense = equals(licenseId, 'licenseId')
  const holdsSlot = eq(isFree, false)
  const isBefore = lt(id, sql.placeholder('before'))
  const max = sql.placeholder('max')
  const isSince = gt(deactivations.atMs, sql.placeholder('sinceMs'))
  const selectNewest = (ofKind: Activation['kind'], free: boolean) =>
    select().where(and(isOfLicense, eq(kind, ofKind), eq(isFree, free), isBefore))
  const names = Object.keys(getTableColumns(activations)) as (keyof Activation)[]

  return {
    byId: select()
      .where(and(isOfLicense, equals(id, 'id')))
      .prepare(),
    byExternalId: select()
      .where(and(isOfLicense, equals(activations.externalId, 'externalId')))
      .prepare(),
    byValue: prepareSelect(db, activations, names, 'license_id = ? AND kind = ? AND value = ?'),
    /** Domains that hold a slot or are free, oldest first. */
    byRoot: select()
      .where(and(isOfLicense, equals(root, 'root'), equals(isFree, 'isFree')))
      .limit(max)
      .prepare(),
    longestIdle: prepareSelect(
      db,
      activations,
      names,
      'license_id = ? AND kind = ? AND is_free = 0 ORDER BY max(last_seen_at_ms, files_until_ms) LIMIT 1',
    ),
    oldestDomains: db
      .select({ value })
      .from(activations)
      .where(and(isOfLicense, eq(kind, 'domain'), holdsSlot))
      .orderBy(asc(id))
      .limit(max)
      .prepare(),
    oldestSlots: select()
      .where(and(isOfLicense, eq(kind, 'domain'), holdsSlot))
      .orderBy(asc(id))
      .limit(max)
      .prepare(),
    // One branch per index range that is in order, so that SQLite merges them without sorting.
    newest: unionAll(
      selectNewest('device', false),
      selectNewest('domain', false),
      selectNewest('domain', true),
    )
      .orderBy(desc(id))
      .limit(max)
      .prepare(),
    development: select()
      .where(and(isOfLicense, isNull(root), eq(isFree, true)))
      .limit(max)
      .prepare(),
    latestDeactivations: db
      .select({ atMs: deactivations.atMs })
      .from(deactivations)
      .where(and(equals(deactivations.licenseId, 'licenseId'), isSince))
      .orderBy(desc(deactivations.atMs))
      .limit(max)
      .prepare(),
  }
}

export function createActivations(engine: Engine): Activations {
  return {
    list: async (licenseId, { limit, after }) => {
      // Shows what was recorded before. If that cannot be written, the rest can be read.
      await engine.lastSeen.flush().catch(() => undefined)
      const range = { licenseId, before: after ?? AFTER_ALL_IDS, max: limit + 1 }
      const rows = engine.committed.statements.activations.newest.all(range)
      return cutPageById(rows, limit)
    },
    find: async (licenseId, names) => {
      for (const name of names) {
        const activation = readByName(engine.committed, licenseId, name)
        if (activation !== null) return activation
      }
      return null
    },
    findByExternalId: async (licenseId, id) => {
      const { byExternalId } = engine.committed.statements.activations
      const activation = byExternalId.get({ licenseId, externalId: id })
      return activation ?? readById(engine.committed, licenseId, id)
    },
    recordSeen: (activation, atMs) => engine.lastSeen.recordActivation(activation, atMs),
  }
}

function readByName(engine: Reading, licenseId: string, name: string): Activation | null {
  return (
    readById(engine, licenseId, name) ??
    readByValue(engine, licenseId, 'device', name) ??
    readByValue(engine, licenseId, 'domain', name)
  )
}

export function readById(
  { statements }: Reading,
  licenseId: string,
  id: string,
): Activation | null {
  return statements.activations.byId.get({ licenseId, id }) ?? null
}

export function readByValue(
  { statements }: Reading,
  licenseId: string,
  kind: Activation['kind'],
  value: string,
): Activation | null {
  return statements.activations.byValue(licenseId, kind, value)
}
