import { eq, sql } from 'drizzle-orm'
import type { Activation } from '~/domain/activations.ts'
import type { Change, Decision } from '~/domain/decisions.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { requireUsable } from '~/domain/plans.ts'
import { noUsage } from '~/domain/usage.ts'
import { runAtOnce, type Steps } from '~/turns.ts'
import {
  type ChangeOf,
  countEach,
  findUseColumn,
  foldCustomer,
  getLicenseId,
} from '../shared/decisions.ts'
import { readOnce } from '../shared/read-once.ts'
import type { Origin } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { appendEvents } from './events.ts'
import { insertFile, returnFile } from './license-files.ts'
import { type Counters, noCounters, requirePlan, requireRecord } from './licenses.ts'
import { insertMail } from './mails.ts'
import { readPlan } from './plans.ts'
import { endKeySessions } from './portal-sessions.ts'
import { createChangeRecorder } from './recorded-changes.ts'
import { appendRevocations, keepFormerLeases } from './revocations.ts'
import { prepareInsert, prepareSelect, prepareUpdate } from './rows.ts'
import { activations, deactivations, formerKeys, licenses, seats } from './schema.ts'
import { addSearchWords, replaceSearchWords } from './search-words.ts'

/** The outcome of a decision that was written. */
interface Applied<Result> {
  readonly result: Result
  /** Returns a license after the decision, as its events show it. */
  readonly readAfter: (id: string) => LicenseRecord
}

/**
 * Writes what a rule has decided, inside the transaction that is running. The events contain the
 * usage counters, which were read before the transaction.
 */
export function applyDecision<Result>(
  engine: Engine,
  origin: Origin,
  decision: Decision<Result>,
  counters: Counters = noCounters,
): Applied<Result> {
  return runAtOnce(applyInSteps(engine, origin, decision, counters))
}

/** Does the same in steps, one for each change and each event; mails come last. */
export function* applyInSteps<Result>(
  engine: Engine,
  origin: Origin,
  { result, changes, events, mails = [] }: Decision<Result>,
  counters: Counters = noCounters,
): Steps<Applied<Result>> {
  const created = listCreated(engine, changes)
  const read = (id: string) => requireRecord(engine, id, counters)
  const readBefore = readOnce(read)
  for (const { licenseId: id } of events) if (id !== null && !created.has(id)) readBefore(id)
  const eventCounts = countEach(events.map(({ licenseId }) => licenseId))
  const record = createChangeRecorder(engine, origin, readBefore)
  for (const change of changes) {
    checkPlanChange(engine, change, origin.nowMs)
    record(change, getLicenseId(change))
    applyChange(engine, change, eventCounts)
    if ('activation' in change) engine.touched.activations.push(change.activation)
    yield
  }
  const readAfter = readOnce((id: string) => created.get(id) ?? read(id))
  const sequences = new Map<string, number>()
  yield* appendEvents(engine, events, origin.nowMs, ({ licenseId: id }) => {
    if (id === null) return { before: null, after: null }
    if (!created.has(id)) return { before: readBefore(id), after: readAfter(id) }
    const sequence = (sequences.get(id) ?? 0) + 1
    sequences.set(id, sequence)
    return { before: null, after: readAfter(id), sequence }
  })
  yield* appendRevocations(engine, events, origin.nowMs, readAfter)
  // A mail that comes with changes is recorded with them.
  const isRecorded = changes.length === 0
  for (const mail of mails) {
    insertMail(engine, origin, mail, readAfter(mail.licenseId).license, isRecorded)
  }
  return { result, readAfter }
}

/**
 * Returns the licenses that these changes create. A license without activations will be as the
 * decision says, so it is not read back; the others are null.
 */
function listCreated(
  engine: Engine,
  changes: readonly Change[],
): ReadonlyMap<string, LicenseRecord | null> {
  const changeCounts = countEach(changes.map(getLicenseId))
  const planOf = readOnce((slug: string) => requirePlan(engine, slug))
  const created = new Map<string, LicenseRecord | null>()
  for (const change of changes) {
    if (change.type !== 'license.create') continue
    const { license } = change
    const isAsDecided = changeCounts.get(license.id) === 1
    const plan = planOf(license.planSlug)
    const purchase = engine.statements.licenses.purchaseOf(license.id)
    const record = { license, plan, domains: [], usage: noUsage, purchase }
    created.set(license.id, isAsDecided ? record : null)
  }
  return created
}

/**
 * Throws a Fault if a new plan was archived since it was read, before the transaction. Leases that were
 * signed under the former plan may work for longer.
 */
function checkPlanChange(engine: Engine, change: Change, nowMs: number): void {
  const slug = change.type === 'license.update' ? change.set.planSlug : undefined
  const plan = slug === undefined ? null : readPlan(engine, slug)
  if (plan === null) return
  requireUsable(plan)
  const former = engine.statements.changes.planOf(getLicenseId(change))
  if (former !== null) {
    keepFormerLeases(engine, { former: requirePlan(engine, former.planSlug), plan }, nowMs)
  }
}

type Appliers = {
  readonly [Type in Change['type']]: (
    engine: Engine,
    change: ChangeOf<Type>,
    eventCounts: ReadonlyMap<string | null, number>,
  ) => void
}

/** Prepares the statements of the changes of which one command may make thousands. */
export function prepareChanges(db: Db) {
  return {
    insertLicense: prepareInsert(db, licenses),
    updateLicense: prepareUpdate(db, licenses),
    planOf: prepareSelect(db, licenses, ['planSlug'], 'id = ?'),
    insertActivation: prepareInsert(db, activations),
    countInUse: {
      domainsUsed: prepareCount(db, 'domains_used'),
      freeDomainsUsed: prepareCount(db, 'free_domains_used'),
      devicesUsed: prepareCount(db, 'devices_used'),
    },
  }
}

const prepareCount = ({ $client }: Db, column: string) =>
  $client.prepare<unknown, [step: number, licenseId: string]>(
    `UPDATE licenses SET ${column} = ${column} + ? WHERE id = ?`,
  )

const appliers: Appliers = {
  'license.create': ({ statements }, { license }, eventCounts) => {
    // Its events are numbered in memory.
    const eventSequence = eventCounts.get(license.id) ?? 0
    const row = { ...license, ...foldCustomer(license), eventSequence, validationCount: 0 }
    statements.changes.insertLicense(row)
    addSearchWords(statements, license)
  },
  'license.update': ({ statements }, { licenseId: id, set }) => {
    replaceSearchWords(statements, id, set)
    statements.changes.updateLicense(id, { ...set, ...foldCustomer(set) })
  },
  'license.rekey': replaceKey,
  'activation.create': (engine, { activation }) => {
    engine.statements.changes.insertActivation(activation)
    countInUse(engine, activation, 1)
  },
  'activation.delete': (engine, { activation }) => {
    engine.db.delete(activations).where(eq(activations.id, activation.id)).run()
    countInUse(engine, activation, -1)
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
  'file.create': (engine, { file }) => insertFile(engine, file),
  'file.return': (engine, { file, atMs }) => returnFile(engine, file, atMs),
}

/** Writes one change, inside the transaction that is running. */
function applyChange<Type extends Change['type']>(
  engine: Engine,
  change: ChangeOf<Type>,
  eventCounts: ReadonlyMap<string | null, number>,
): void {
  const apply: Appliers[Type] = appliers[change.type as Type]
  apply(engine, change, eventCounts)
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
  endKeySessions({ db }, licenseId)
}

/** Adjusts the count of what is in use. */
function countInUse({ statements }: Engine, activation: Activation, step: 1 | -1): void {
  const column = findUseColumn(activation)
  if (column !== null) statements.changes.countInUse[column].run(step, activation.licenseId)
}
