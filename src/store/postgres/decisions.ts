import { assert } from '~/assert.ts'
import type { Change, Decision } from '~/domain/decisions.ts'
import type { License, LicenseRecord } from '~/domain/licenses.ts'
import { type Plan, requireUsable } from '~/domain/plans.ts'
import type { LicensePurchase } from '~/domain/purchases.ts'
import { noUsage } from '~/domain/usage.ts'
import { countEach, getLicenseId } from '../shared/decisions.ts'
import { createChangeDescriber } from '../shared/recorded-changes.ts'
import { touch } from '../shared/touched.ts'
import { type Origin, recordAction } from './commands.ts'
import type { Tx } from './engine.ts'
import { insertEvents, type RenderedEvent, renderEvents } from './events.ts'
import { sendChange } from './license-changes.ts'
import {
  type Counters,
  countInRecords,
  lockRecords,
  noCounters,
  type Records,
  readRecords,
  requireRecord,
} from './licenses.ts'
import { insertMail } from './mails.ts'
import { readPlan } from './plans.ts'
import { keepFormerLeases, noteRevocations } from './revocations.ts'
import { createWriter } from './writer.ts'

/** The outcome of a decision that was written. */
interface Applied<Result> {
  readonly result: Result
  /** Returns a license after the decision, as its events show it. */
  readonly readAfter: (id: string) => LicenseRecord
}

/** A decision whose events are still to be written, with those of others. */
interface Written<Result> extends Applied<Result> {
  readonly events: readonly RenderedEvent[]
}

/** Returns the origin of what concerns a license, or none, when the decisions of several commands are joined. */
type OriginOf = (licenseId: string | null) => Origin

/** Licenses that this transaction has locked, and the usage counters of all. */
interface Known {
  readonly records?: Records
  readonly counters?: Counters
  /** The purchases of the new licenses, by license id. */
  readonly purchases?: ReadonlyMap<string, LicensePurchase>
}

/**
 * Writes what a rule has decided, inside a transaction. Licenses that are not known yet are locked
 * here, so that a decision about several should know all of them.
 */
export async function applyDecision<Result>(
  tx: Tx,
  origin: Origin,
  decision: Decision<Result>,
  known: Known = {},
): Promise<Applied<Result>> {
  const written = await writeDecision(tx, () => origin, decision, known)
  await insertEvents(tx, written.events)
  return written
}

/** Writes all of it but the events. */
export async function writeDecision<Result>(
  tx: Tx,
  originOf: OriginOf,
  decision: Decision<Result>,
  { records = new Map(), counters = noCounters, purchases = new Map() }: Known,
): Promise<Written<Result>> {
  const { result, changes, events, mails = [] } = decision
  const created = await listCreated(tx, changes, purchases)
  const named = new Set([...records.keys(), ...listLicenseIds(decision)])
  const ids = [...named].filter((id) => !created.has(id))
  const missing = ids.filter((id) => !records.has(id))
  const before =
    missing.length === 0
      ? records
      : new Map([...records, ...(await lockRecords(tx, missing, counters))])
  if (changes.length + events.length + mails.length === 0) {
    return { result, readAfter: (id) => requireRecord(before, id), events: [] }
  }
  await checkPlanChanges(tx, originOf, changes, before)
  recordChanges(tx, originOf, changes, before)
  const written = await write(tx, decision, { created, before, counters, ids })
  const { readAfter, sequenceOf } = written
  const rendered = await renderEvents(tx, events, ({ licenseId: id }) => {
    const { nowMs } = originOf(id)
    if (id === null) return { before: null, after: null, sequence: null, nowMs }
    const sequence = sequenceOf(id)
    const former = created.has(id) ? null : requireRecord(before, id)
    return { before: former, after: readAfter(id), sequence, nowMs }
  })
  noteRevocations(tx, events, originOf, readAfter)
  // A mail that comes with changes is recorded with them.
  const isRecorded = changes.length === 0
  for (const mail of mails) {
    const { license } = readAfter(mail.licenseId)
    await insertMail(tx, originOf(license.id), mail, license, isRecorded)
  }
  return { result, readAfter, events: rendered }
}

function listLicenseIds({ changes, events, mails = [] }: Decision<unknown>): string[] {
  const ofEvents = events.flatMap(({ licenseId }) => licenseId ?? [])
  const ofMails = mails.map(({ licenseId }) => licenseId)
  return [...new Set([...changes.map(getLicenseId), ...ofEvents, ...ofMails])]
}

/**
 * Returns the licenses that these changes create. A license without activations will be as the
 * decision says, so it is not read back; the others are null.
 */
async function listCreated(
  tx: Tx,
  changes: readonly Change[],
  purchases: ReadonlyMap<string, LicensePurchase>,
): Promise<ReadonlyMap<string, LicenseRecord | null>> {
  const changeCounts = countEach(changes.map(getLicenseId))
  const plans = new Map<string, Plan>()
  const created = new Map<string, LicenseRecord | null>()
  for (const change of changes) {
    if (change.type !== 'license.create') continue
    const { license } = change
    const plan = plans.get(license.planSlug) ?? (await readPlan(tx, license.planSlug))
    assert(plan !== null, `plan ${license.planSlug} of a license exists`)
    plans.set(license.planSlug, plan)
    const isAsDecided = changeCounts.get(license.id) === 1
    const purchase = purchases.get(license.id) ?? null
    const record = { license, plan, domains: [], usage: noUsage, purchase }
    created.set(license.id, isAsDecided ? record : null)
  }
  return created
}

/**
 * Throws a Fault if a new plan was archived since it was read, before the transaction. Leases that were
 * signed under the former plan may work for longer.
 */
async function checkPlanChanges(
  tx: Tx,
  originOf: OriginOf,
  changes: readonly Change[],
  before: Records,
): Promise<void> {
  const checked = new Set<string>()
  for (const change of changes) {
    const slug = change.type === 'license.update' ? change.set.planSlug : undefined
    if (slug === undefined) continue
    const id = getLicenseId(change)
    const former = before.get(id)?.plan
    const pair = `${former?.slug} ${slug}`
    if (checked.has(pair)) continue
    checked.add(pair)
    const plan = await readPlan(tx, slug, 'FOR SHARE')
    if (plan === null) continue
    requireUsable(plan)
    if (former !== undefined) await keepFormerLeases(tx, { former, plan }, originOf(id).nowMs)
  }
}

function recordChanges(
  tx: Tx,
  originOf: OriginOf,
  changes: readonly Change[],
  before: Records,
): void {
  const created = new Map<string, License>()
  const describe = createChangeDescriber((id) => {
    const license = created.get(id)
    return license === undefined ? requireRecord(before, id) : { license }
  })
  for (const change of changes) {
    const id = getLicenseId(change)
    if (change.type === 'license.create') created.set(id, change.license)
    const origin = originOf(id)
    // The event log has the changes by apps, which are most of all.
    const described = origin.actor.kind === 'app' ? null : describe(change, id)
    if (described === null) touch(tx.touched, change.type, id)
    else recordAction(tx, origin, change.type, id, described)
    if ('activation' in change) tx.touched.activations.push(change.activation)
  }
}

interface Situation {
  readonly created: ReadonlyMap<string, LicenseRecord | null>
  readonly before: Records
  readonly counters: Counters
  /** The licenses that existed before. */
  readonly ids: readonly string[]
}

/** Sends all changes with the reads that follow them, and waits once. */
async function write(
  tx: Tx,
  { changes, events }: Decision<unknown>,
  { created, before, counters, ids }: Situation,
) {
  const eventCounts = countEach(events.map(({ licenseId }) => licenseId))
  const writer = createWriter(tx)
  const licenses = new Map<string, License>()
  const current = (id: string) => licenses.get(id) ?? requireRecord(before, id).license
  for (const change of changes) {
    sendChange({ tx, writer, current, eventCounts }, change)
    if (change.type === 'license.create') licenses.set(change.license.id, change.license)
    if (change.type === 'license.update') {
      licenses.set(change.licenseId, { ...current(change.licenseId), ...change.set })
    }
  }
  const sent = writer.end()
  const unread = [...ids, ...[...created].flatMap(([id, record]) => (record === null ? id : []))]
  const counts = unread.map((id) => ({
    id,
    // The events of a new license are counted already.
    events: created.has(id) ? 0 : (eventCounts.get(id) ?? 0),
    uses: writer.uses.get(id),
  }))
  const isCounted = ({ events: count, uses }: (typeof counts)[number]) => count > 0 || uses
  const [counted, others] = await Promise.all([
    countInRecords(tx, counts.filter(isCounted), counters),
    readRecords(
      tx,
      counts.filter((count) => !isCounted(count)).map(({ id }) => id),
      counters,
    ),
    sent,
  ])
  const next = new Map<string, number>()
  return {
    readAfter: (id: string) =>
      created.get(id) ?? counted.get(id)?.record ?? requireRecord(others, id),
    sequenceOf: (id: string) => {
      const last = created.has(id) ? 0 : (counted.get(id)?.lastSequence ?? 0)
      const sequence = (next.get(id) ?? last) + 1
      next.set(id, sequence)
      return sequence
    },
  }
}
