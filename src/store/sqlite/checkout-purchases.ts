import { and, eq, inArray, lte, sql } from 'drizzle-orm'
import type { MailMode } from '~/domain/checkout-events.ts'
import { Fault } from '~/domain/faults.ts'
import type {
  PurchaseDecision,
  PurchaseSnapshot,
  Unit,
  UnitChange,
} from '~/domain/purchase-decisions.ts'
import type { Steps } from '~/turns.ts'
import type { DecidePurchase, PurchaseKey, Purchases } from '../checkout-port.ts'
import type { CommandContext } from '../port.ts'
import { findRoot, listRefs, readFacts } from './checkout-facts.ts'
import { readRules } from './checkout-rules.ts'
import { checkoutPurchases, checkoutSessions, checkoutUnits } from './checkout-schema.ts'
import type { Origin } from './commands.ts'
import { applyInSteps } from './decisions.ts'
import type { Engine, Reading } from './engine.ts'
import { type Counters, readSnapshot } from './licenses.ts'
import { readPlan } from './plans.ts'
import { readProduct } from './products.ts'

export function createPurchases(engine: Engine): Purchases {
  return {
    findByLicenses: async (licenseIds) => {
      const { licenseId, provider, mode, purchaseRef: ref, itemRef, ruleId } = checkoutUnits
      return engine.committed.db
        .select({ licenseId, provider, mode, ref, itemRef, ruleId })
        .from(checkoutUnits)
        .where(inArray(licenseId, [...licenseIds]))
        .all()
    },
    decideDue: async (max, context, decide) => {
      const due = listDue(engine.committed, context.nowMs, max)
      for (const key of due) await decideOne(engine, key, context, decide)
      return due.length
    },
  }
}

function listDue({ db }: Reading, nowMs: number, max: number): readonly PurchaseKey[] {
  const { provider, mode, ref, nextDecisionAtMs } = checkoutPurchases
  return db
    .select({ provider, mode, ref })
    .from(checkoutPurchases)
    .where(lte(nextDecisionAtMs, nowMs))
    .orderBy(nextDecisionAtMs)
    .limit(max)
    .all()
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
  const { provider, mode, purchaseRef, isReleased, number, licenseId } = checkoutUnits
  return reading.db
    .select()
    .from(checkoutUnits)
    .where(
      and(
        eq(provider, root.provider),
        eq(mode, root.mode),
        inArray(purchaseRef, [...listRefs(reading, root)]),
        eq(isReleased, false),
      ),
    )
    .orderBy(number, licenseId)
    .all()
}

function toUnit(engine: Engine, row: UnitRow): Unit[] {
  const { licenseId, itemRef, number, ruleId, applied } = row
  const license = readSnapshot(engine, licenseId)
  return license === null ? [] : [{ licenseId, itemRef, number, ruleId, applied, license }]
}

/** A unit keeps the reference of the purchase that created it, because links can be added later. */
function writeUnit({ db }: Engine, root: PurchaseKey, unit: UnitChange): void {
  const { provider, mode, ref: purchaseRef } = root
  db.insert(checkoutUnits)
    .values({ ...unit, provider, mode, purchaseRef })
    .onConflictDoUpdate({ target: checkoutUnits.licenseId, set: unit })
    .run()
}

/** From now on, the customer may fetch the keys on the thank-you page. */
function openSessions(engine: Engine, root: PurchaseKey, nowMs: number): void {
  const { provider, mode, purchaseRef, readyAtMs } = checkoutSessions
  engine.db
    .update(checkoutSessions)
    .set({ readyAtMs: nowMs })
    .where(
      and(
        eq(provider, root.provider),
        eq(mode, root.mode),
        inArray(purchaseRef, [...listRefs(engine, root)]),
        sql`${readyAtMs} IS NULL`,
      ),
    )
    .run()
}

export function setNextDecision(
  { db }: Engine,
  { provider, mode, ref }: PurchaseKey,
  nextDecisionAtMs: number | null,
): void {
  if (nextDecisionAtMs !== null) {
    const { provider: one, mode: two, ref: three } = checkoutPurchases
    db.insert(checkoutPurchases)
      .values({ provider, mode, ref, nextDecisionAtMs })
      .onConflictDoUpdate({ target: [one, two, three], set: { nextDecisionAtMs } })
      .run()
    return
  }
  const isPurchase = and(
    eq(checkoutPurchases.provider, provider),
    eq(checkoutPurchases.mode, mode),
    eq(checkoutPurchases.ref, ref),
  )
  db.update(checkoutPurchases).set({ nextDecisionAtMs }).where(isPurchase).run()
}
