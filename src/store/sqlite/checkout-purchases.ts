import type { MailMode } from '~/domain/checkout-events.ts'
import { Fault } from '~/domain/faults.ts'
import type {
  PurchaseDecision,
  PurchaseSnapshot,
  Unit,
  UnitChange,
} from '~/domain/purchase-decisions.ts'
import { type BoughtItem, matchBoughtItems } from '~/domain/purchase-offers.ts'
import { derivePurchase } from '~/domain/purchase-state.ts'
import type { Steps } from '~/turns.ts'
import type { DecidePurchase, PurchaseKey, Purchases } from '../checkout-port.ts'
import type { CommandContext } from '../port.ts'
import { pickKey } from '../shared/checkout-facts.ts'
import { findRoot, isInScope, isLinkedTo, type Key, leading, readFacts } from './checkout-facts.ts'
import { readRules } from './checkout-rules.ts'
import { checkoutSessions, checkoutUnits } from './checkout-schema.ts'
import type { Origin } from './commands.ts'
import type { Db } from './connection.ts'
import { applyInSteps } from './decisions.ts'
import type { Engine, Reading } from './engine.ts'
import { type Counters, readSnapshot } from './licenses.ts'
import { readPlan } from './plans.ts'
import { readProduct } from './products.ts'
import { prepareInsert, prepareSelectAll } from './rows.ts'

const unitColumns = ['itemRef', 'number', 'ruleId', 'applied', 'isReleased'] as const

export function preparePurchases(db: Db) {
  const { $client } = db
  const isOfPurchase = `${isInScope} AND purchase_ref IN (${leading} SELECT ref FROM leading)`
  const overwritten = unitColumns.map(
    (name) => `${checkoutUnits[name].name} = excluded.${checkoutUnits[name].name}`,
  )
  return {
    units: prepareUnits(db, isOfPurchase),
    unitsWithoutLinks: prepareUnits(db, `${isInScope} AND purchase_ref = $ref`),
    writeUnit: prepareInsert(
      db,
      checkoutUnits,
      undefined,
      `ON CONFLICT (license_id) DO UPDATE SET ${overwritten}`,
    ),
    addSession: prepareInsert(
      db,
      checkoutSessions,
      ['provider', 'sessionHash', 'mode', 'purchaseRef', 'createdAtMs', 'reads'],
      'ON CONFLICT DO NOTHING',
    ),
    openSessions: $client.query<unknown, Key & { readonly nowMs: number }>(
      `UPDATE checkout_sessions SET ready_at_ms = $nowMs
       WHERE ${isOfPurchase} AND ready_at_ms IS NULL`,
    ),
    due: $client.query<PurchaseKey, { readonly nowMs: number; readonly max: number }>(
      `SELECT provider, mode, ref FROM checkout_purchases
       WHERE next_decision_at_ms <= $nowMs ORDER BY next_decision_at_ms LIMIT $max`,
    ),
    setNextDecision: $client.query<unknown, Key & { readonly atMs: number }>(
      `INSERT INTO checkout_purchases (provider, mode, ref, next_decision_at_ms)
       VALUES ($provider, $mode, $ref, $atMs)
       ON CONFLICT DO UPDATE SET next_decision_at_ms = excluded.next_decision_at_ms`,
    ),
    clearNextDecision: $client.query<unknown, Key>(
      `UPDATE checkout_purchases SET next_decision_at_ms = NULL WHERE ${isInScope} AND ref = $ref`,
    ),
  }
}

const prepareUnits = (db: Db, condition: string) =>
  prepareSelectAll(
    db,
    checkoutUnits,
    undefined,
    `${condition} AND is_released = 0 ORDER BY number, license_id`,
  )

export function createPurchases(engine: Engine): Purchases {
  return {
    listItems: async (key) => readItems(engine.committed, key),
    decideDue: async (max, context, decide) => {
      const due = engine.committed.statements.purchases.due.all({ nowMs: context.nowMs, max })
      for (const key of due) await decideOne(engine, key, context, decide)
      return due.length
    },
  }
}

function readItems(committed: Reading, key: PurchaseKey): readonly BoughtItem[] {
  const root = findRoot(committed, key)
  const { items } = derivePurchase(root.ref, readFacts(committed, root))
  return matchBoughtItems(root.provider, items, readRules(committed))
}

async function decideOne(
  engine: Engine,
  key: PurchaseKey,
  context: CommandContext<number>,
  decide: DecidePurchase,
): Promise<void> {
  const counters = await readPurchaseCounters(engine, key)
  const decided = engine.transactInSteps(function* () {
    setNextDecision(engine, key, null)
    yield* runDecision(engine, context, findRoot(engine, key), 'new', counters, decide)
  })
  await decided.catch(async (error: unknown) => {
    // Such as a plan that was archived: the next event about the purchase shows the reason.
    if (!(error instanceof Fault) || error.kind === 'unavailable') throw error
    await engine.transact(() => setNextDecision(engine, key, null))
  })
}

/** Reads the usage counters of the licenses of a purchase, which their events show. */
export async function readPurchaseCounters(
  { committed, readCounters }: Engine,
  key: PurchaseKey,
): Promise<Counters> {
  return readCounters(listUnitRows(committed, findRoot(committed, key)).map((row) => row.licenseId))
}

/** Decides about a purchase and writes the outcome, inside the transaction that is running. */
export function* runDecision(
  engine: Engine,
  origin: Origin,
  root: PurchaseKey,
  mailMode: MailMode,
  counters: Counters,
  decide: DecidePurchase,
): Steps<PurchaseDecision> {
  const decision = decide(readPurchase(engine, root, mailMode))
  // Before the licenses, whose events show what they were bought with.
  for (const unit of decision.units) writeUnit(engine, root, unit)
  yield* applyInSteps(engine, origin, decision, counters)
  if (decision.units.length > 0) openSessions(engine, root, origin.nowMs)
  setNextDecision(engine, root, decision.nextDecisionAtMs)
  return decision
}

function readPurchase(
  engine: Engine,
  { provider, mode, ref }: PurchaseKey,
  mailMode: MailMode,
): PurchaseSnapshot {
  return {
    provider,
    mode,
    ref,
    facts: readFacts(engine, { provider, mode, ref }),
    rules: readRules(engine),
    findPlan: (slug) => {
      const plan = readPlan(engine, slug)
      const product = plan && readProduct(engine, plan.productSlug)
      return plan && product && { plan, keyPrefix: product.keyPrefix }
    },
    units: listUnitRows(engine, { provider, mode, ref }).flatMap((row) => toUnit(engine, row)),
    isKeyTaken: (keyHash) => engine.statements.licenses.termsByKey(keyHash) !== null,
    mailMode,
  }
}

type UnitRow = typeof checkoutUnits.$inferSelect

/** Lists the units of a purchase that still have their license. */
export function listUnitRows(reading: Reading, root: PurchaseKey): readonly UnitRow[] {
  const { units, unitsWithoutLinks } = reading.statements.purchases
  return (isLinkedTo(reading, root) ? units : unitsWithoutLinks)(pickKey(root))
}

function toUnit(engine: Engine, row: UnitRow): Unit[] {
  const { licenseId, itemRef, number, ruleId, applied } = row
  const license = readSnapshot(engine, licenseId)
  return license === null ? [] : [{ licenseId, itemRef, number, ruleId, applied, license }]
}

/** A unit keeps the reference of the purchase that created it, because links can be added later. */
function writeUnit({ statements }: Engine, root: PurchaseKey, unit: UnitChange): void {
  const { provider, mode, ref: purchaseRef } = root
  statements.purchases.writeUnit({ ...unit, provider, mode, purchaseRef })
}

/** From now on, the customer may fetch the keys on the thank-you page. */
function openSessions({ statements }: Engine, root: PurchaseKey, nowMs: number): void {
  statements.purchases.openSessions.run({ ...pickKey(root), nowMs })
}

export function setNextDecision(
  { statements }: Engine,
  purchase: PurchaseKey,
  atMs: number | null,
): void {
  const key = pickKey(purchase)
  if (atMs === null) statements.purchases.clearNextDecision.run(key)
  else statements.purchases.setNextDecision.run({ ...key, atMs })
}
