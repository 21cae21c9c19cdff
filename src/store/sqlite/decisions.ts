import { eq, sql } from 'drizzle-orm'
import type { Activation } from '~/domain/activations.ts'
import type { Change, Decision } from '~/domain/decisions.ts'
import type { License } from '~/domain/licenses.ts'
import { type Origin, recordAction } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { appendEvent } from './events.ts'
import { type Counters, noCounters, readRecord } from './licenses.ts'
import { activations, deactivations, formerKeys, licenses, seats } from './schema.ts'

/**
 * Writes what a rule has decided, inside the transaction that is running, and returns its result.
 * The events contain the usage counters, which were read before the transaction.
 */
export function applyDecision<Result>(
  engine: Engine,
  origin: Origin,
  { result, changes, events }: Decision<Result>,
  counters: Counters = noCounters,
): Result {
  const created = new Set(
    changes.map((change) => (change.type === 'license.create' ? change.license.id : null)),
  )
  const readLicense = (id: string | null) => (id === null ? null : readRecord(engine, id, counters))
  const before = new Map(
    events.map(({ licenseId: id }) => [id, created.has(id) ? null : readLicense(id)]),
  )
  for (const change of changes) {
    applyChange(engine.db, change)
    recordAction(engine, origin, change.type, getLicenseId(change))
    if ('activation' in change) engine.touched.activations.push(change.activation)
  }
  for (const draft of events) {
    const { licenseId: id } = draft
    const facts = { before: before.get(id) ?? null, after: readLicense(id) }
    appendEvent(engine, draft, origin.nowMs, facts)
  }
  return result
}

function getLicenseId(change: Change): string {
  if ('license' in change) return change.license.id
  if ('licenseId' in change) return change.licenseId
  return 'activation' in change ? change.activation.licenseId : change.seat.licenseId
}

type ChangeOf<Type extends Change['type']> = Extract<Change, { readonly type: Type }>
type Appliers = { readonly [Type in Change['type']]: (db: Db, change: ChangeOf<Type>) => void }

const appliers: Appliers = {
  'license.create': (db, { license }) => {
    const row = { ...license, ...foldName(license), eventSequence: 0, validationCount: 0 }
    db.insert(licenses).values(row).run()
  },
  'license.update': (db, { licenseId, set }) => {
    const columns = { ...set, ...foldName(set) }
    db.update(licenses).set(columns).where(eq(licenses.id, licenseId)).run()
  },
  'license.rekey': replaceKey,
  'activation.create': (db, { activation }) => {
    db.insert(activations).values(activation).run()
    countInUse(db, activation, 1)
  },
  'activation.delete': (db, { activation }) => {
    db.delete(activations).where(eq(activations.id, activation.id)).run()
    countInUse(db, activation, -1)
  },
  'activation.see': (db, { activation, atMs: lastSeenAtMs }) =>
    void db
      .update(activations)
      .set({ lastSeenAtMs })
      .where(eq(activations.id, activation.id))
      .run(),
  'deactivation.count': (db, { licenseId, atMs }) =>
    void db.insert(deactivations).values({ licenseId, atMs }).run(),
  'seat.create': (db, { seat }) => void db.insert(seats).values(seat).run(),
  'seat.update': (db, { seat }) =>
    void db.update(seats).set(seat).where(eq(seats.id, seat.id)).run(),
  'seat.delete': (db, { seat }) => void db.delete(seats).where(eq(seats.id, seat.id)).run(),
}

/** Writes one change, inside the transaction that is running. */
function applyChange<Type extends Change['type']>(db: Db, change: ChangeOf<Type>): void {
  const apply: Appliers[Type] = appliers[change.type as Type]
  apply(db, change)
}

function foldName({ customerName }: Partial<Pick<License, 'customerName'>>) {
  return customerName === undefined
    ? {}
    : { customerNameFolded: customerName?.toLowerCase() ?? null }
}

/**
 * Keeps at most one former key: a rotation ends an earlier overlap. A former key that is issued to
 * another license and rotated away again belongs to the license that had it last.
 */
function replaceKey(db: Db, change: ChangeOf<'license.rekey'>): void {
  const { licenseId, key, formerValidUntilMs } = change
  db.delete(formerKeys).where(eq(formerKeys.licenseId, licenseId)).run()
  if (formerValidUntilMs !== null) {
    const former = sql`SELECT key_hash, id, ${formerValidUntilMs} FROM licenses WHERE id = ${licenseId}`
    db.run(sql`INSERT OR REPLACE INTO former_keys (key_hash, license_id, valid_until_ms) ${former}`)
  }
  db.update(licenses).set(key).where(eq(licenses.id, licenseId)).run()
}

/** Adjusts the count of what is in use. Development domains are not counted. */
function countInUse(db: Db, { licenseId, kind, root, isFree }: Activation, step: 1 | -1): void {
  if (isFree && root === null) return
  const column = kind === 'device' ? 'devicesUsed' : isFree ? 'freeDomainsUsed' : 'domainsUsed'
  db.update(licenses)
    .set({ [column]: sql`${licenses[column]} + ${step}` })
    .where(eq(licenses.id, licenseId))
    .run()
}
