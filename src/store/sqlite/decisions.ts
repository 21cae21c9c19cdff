import { eq, sql } from 'drizzle-orm'
import type { Activation } from '~/domain/activations.ts'
import type { Change, Decision } from '~/domain/decisions.ts'
import { foldEmail } from '~/domain/emails.ts'
import type { License, LicenseRecord } from '~/domain/licenses.ts'
import { requireUsable } from '~/domain/plans.ts'
import { foldText } from '~/domain/text.ts'
import { runAtOnce, type Steps } from '~/turns.ts'
import { type Origin, recordAction } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { appendEvent } from './events.ts'
import { type Counters, noCounters, readRecord } from './licenses.ts'
import { equals, prepareByColumns } from './parameters.ts'
import { readPlan } from './plans.ts'
import { activations, deactivations, formerKeys, licenses, seats } from './schema.ts'
import { addSearchWords, replaceSearchWords } from './search-words.ts'

/**
 * Writes what a rule has decided, inside the transaction that is running, and returns its result.
 * The events contain the usage counters, which were read before the transaction.
 */
export function applyDecision<Result>(
  engine: Engine,
  origin: Origin,
  decision: Decision<Result>,
  counters: Counters = noCounters,
): Result {
  return runAtOnce(applyInSteps(engine, origin, decision, counters))
}

/** Does the same in steps, one for each change and each event. */
export function* applyInSteps<Result>(
  engine: Engine,
  origin: Origin,
  { result, changes, events }: Decision<Result>,
  counters: Counters = noCounters,
): Steps<Result> {
  const created = new Set(
    changes.map((change) => (change.type === 'license.create' ? change.license.id : null)),
  )
  const readOnce = () => {
    const records = new Map<string, LicenseRecord | null>()
    return (id: string) => records.getOrInsertComputed(id, () => readRecord(engine, id, counters))
  }
  const readBefore = readOnce()
  for (const { licenseId: id } of events) if (id !== null && !created.has(id)) readBefore(id)
  for (const change of changes) {
    requireUsablePlan(engine, change)
    applyChange(engine, change)
    recordAction(engine, origin, change.type, getLicenseId(change))
    if ('activation' in change) engine.touched.activations.push(change.activation)
    yield
  }
  const readAfter = readOnce()
  for (const draft of events) {
    const { licenseId: id } = draft
    const facts =
      id === null
        ? { before: null, after: null }
        : { before: created.has(id) ? null : readBefore(id), after: readAfter(id) }
    appendEvent(engine, draft, origin.nowMs, facts)
    yield
  }
  return result
}

/** The plan was read before the transaction, and may have been archived since. */
function requireUsablePlan(engine: Engine, change: Change): void {
  const slug = change.type === 'license.update' ? change.set.planSlug : undefined
  const plan = slug === undefined ? null : readPlan(engine, slug)
  if (plan !== null) requireUsable(plan)
}

function getLicenseId(change: Change): string {
  if ('license' in change) return change.license.id
  if ('licenseId' in change) return change.licenseId
  return 'activation' in change ? change.activation.licenseId : change.seat.licenseId
}

type ChangeOf<Type extends Change['type']> = Extract<Change, { readonly type: Type }>
type Appliers = {
  readonly [Type in Change['type']]: (engine: Engine, change: ChangeOf<Type>) => void
}

/** Prepares the statements of the changes of which one command may make thousands. */
export function prepareChanges(db: Db) {
  return {
    insertLicense: prepareByColumns<typeof licenses.$inferInsert>((values) =>
      db.insert(licenses).values(values).prepare(),
    ),
    updateLicense: prepareByColumns<Partial<typeof licenses.$inferInsert>>((values) =>
      // The driver accepts placeholders here as well, but its types do not.
      db
        .update(licenses)
        .set(values as object)
        .where(equals(licenses.id, 'id'))
        .prepare(),
    ),
    insertActivation: prepareByColumns<typeof activations.$inferInsert>((values) =>
      db.insert(activations).values(values).prepare(),
    ),
  }
}

const appliers: Appliers = {
  'license.create': ({ statements }, { license }) => {
    const row = { ...license, ...foldCustomer(license), eventSequence: 0, validationCount: 0 }
    statements.changes.insertLicense(row)
    addSearchWords(statements, license)
  },
  'license.update': ({ statements }, { licenseId: id, set }) => {
    replaceSearchWords(statements, id, set)
    statements.changes.updateLicense({ ...set, ...foldCustomer(set) }, { id })
  },
  'license.rekey': replaceKey,
  'activation.create': ({ db, statements }, { activation }) => {
    statements.changes.insertActivation(activation)
    countInUse(db, activation, 1)
  },
  'activation.delete': ({ db }, { activation }) => {
    db.delete(activations).where(eq(activations.id, activation.id)).run()
    countInUse(db, activation, -1)
  },
  'activation.see': ({ db }, { activation, atMs: lastSeenAtMs }) =>
    void db
      .update(activations)
      .set({ lastSeenAtMs })
      .where(eq(activations.id, activation.id))
      .run(),
  'deactivation.count': ({ db }, { licenseId, atMs }) =>
    void db.insert(deactivations).values({ licenseId, atMs }).run(),
  'seat.create': ({ db }, { seat }) => void db.insert(seats).values(seat).run(),
  'seat.update': ({ db }, { seat }) =>
    void db.update(seats).set(seat).where(eq(seats.id, seat.id)).run(),
  'seat.delete': ({ db }, { seat }) => void db.delete(seats).where(eq(seats.id, seat.id)).run(),
}

/** Writes one change, inside the transaction that is running. */
function applyChange<Type extends Change['type']>(engine: Engine, change: ChangeOf<Type>): void {
  const apply: Appliers[Type] = appliers[change.type as Type]
  apply(engine, change)
}

function foldCustomer({ customerEmail, customerName }: Partial<License>) {
  return {
    ...(customerEmail !== undefined && {
      customerEmailFolded: customerEmail && foldEmail(customerEmail),
    }),
    ...(customerName !== undefined && {
      customerNameFolded: customerName && foldText(customerName),
    }),
  }
}

/**
 * Keeps at most one former key: a rotation ends an earlier overlap. A former key that is issued to
 * another license and rotated away again belongs to the license that had it last.
 */
function replaceKey({ db, clock }: Engine, change: ChangeOf<'license.rekey'>): void {
  const { licenseId, key, formerValidUntilMs } = change
  db.delete(formerKeys).where(eq(formerKeys.licenseId, licenseId)).run()
  if (formerValidUntilMs !== null) {
    db.run(sql`
      INSERT OR REPLACE INTO former_keys (key_hash, license_id, rotated_at_ms, valid_until_ms)
      SELECT key_hash, id, ${clock.nowMs()}, ${formerValidUntilMs}
      FROM licenses WHERE id = ${licenseId}`)
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
