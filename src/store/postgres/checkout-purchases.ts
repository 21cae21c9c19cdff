import type { MailMode } from '~/domain/checkout-events.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import type { PurchaseDecision } from '~/domain/purchase-decisions.ts'
import { type BoughtItem, matchBoughtItems } from '~/domain/purchase-offers.ts'
import { derivePurchase } from '~/domain/purchase-state.ts'
import { type LicensePurchase, modes, providers } from '~/domain/purchases.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { DecidePurchase, PurchaseKey, Purchases } from '../checkout-port.ts'
import type { CommandContext } from '../port.ts'
import { pickKey } from '../shared/checkout-facts.ts'
import { findRoot, IS_IN_SCOPE, LINKED, listKey, readFacts } from './checkout-facts.ts'
import { decideWithLookups } from './checkout-lookups.ts'
import { readRules } from './checkout-rules.ts'
import { checkoutPurchases, checkoutUnits } from './checkout-schema.ts'
import type { Origin } from './commands.ts'
import { applyDecision } from './decisions.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { type Counters, lockRecords } from './licenses.ts'
import { insertRows, selectRows } from './rows.ts'

const IS_OF_PURCHASE = `${IS_IN_SCOPE} AND purchase_ref IN (${LINKED} SELECT ref FROM linked)`

export function createPurchases(engine: Engine): Purchases {
  return {
    listItems: (key) => readItems(engine, key),
    decideDue: async (max, context, decide) => {
      const due = await selectRows(
        engine,
        checkoutPurchases,
        ['provider', 'mode', 'ref'],
        'WHERE next_decision_at_ms <= $1 ORDER BY next_decision_at_ms LIMIT $2',
        [context.nowMs, max],
      )
      for (const key of due) await decideOne(engine, key, context, decide)
      return due.length
    },
  }
}

async function readItems(reading: Reading, key: PurchaseKey): Promise<readonly BoughtItem[]> {
  const root = await findRoot(reading, key)
  const { items } = derivePurchase(root.ref, await readFacts(reading, root))
  return matchBoughtItems(root.provider, items, await readRules(reading))
}

type Scope = Pick<PurchaseKey, 'provider' | 'mode'>

/**
 * Purchases of a provider wait for each other, because a link may join any two of them. In one process
 * they share a transaction.
 */
export const laneOf = ({ provider, mode }: Scope) => `checkout ${provider} ${mode}`

/** Lets no other process decide about purchases of the provider until the transaction ends. */
export async function lockPurchases({ client }: Tx, scope: Scope): Promise<void> {
  await client.unsafe('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [laneOf(scope)])
}

/** Lets no other process decide about any purchase until the transaction ends. */
export async function lockAllPurchases({ client }: Tx): Promise<void> {
  const scopes = providers.flatMap((provider) => modes.map((mode) => ({ provider, mode })))
  await client.unsafe(
    `SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
     FROM unnest($1::text::text[]) AS name`,
    [formatArray(scopes.map(laneOf))],
  )
}

async function decideOne(
  engine: Engine,
  key: PurchaseKey,
  context: CommandContext<number>,
  decide: DecidePurchase,
): Promise<void> {
  const counters = await readPurchaseCounters(engine, key)
  const decided = engine.transact(async (tx) => {
    await lockPurchases(tx, key)
    await setNextDecision(tx, key, null)
    await runDecision(tx, context, await findRoot(tx, key), 'new', counters, decide)
  }, laneOf(key))
  await decided.catch(async (error: unknown) => {
    // Such as a plan that was archived: the next event about the purchase shows the reason.
    if (!(error instanceof Fault) || error.kind === 'unavailable') throw error
    await engine.transact((tx) => setNextDecision(tx, key, null))
  })
}

/** Reads the usage counters of the licenses of a purchase, which their events show. */
export async function readPurchaseCounters(engine: Engine, key: PurchaseKey): Promise<Counters> {
  const units = await listUnitRows(engine, await findRoot(engine, key))
  return engine.readCounters(units.map(({ licenseId }) => licenseId))
}

/** Decides about a purchase and writes the outcome, inside a transaction that has locked it. */
export async function runDecision(
  tx: Tx,
  origin: Origin,
  root: PurchaseKey,
  mailMode: MailMode,
  counters: Counters,
  decide: DecidePurchase,
): Promise<PurchaseDecision> {
  const units = await listUnitRows(tx, root)
  const ids = units.map(({ licenseId }) => licenseId)
  const records = await lockRecords(tx, ids, counters)
  const decision = await decideWithLookups(tx, decide, {
    ...pickKey(root),
    facts: await readFacts(tx, root),
    rules: await readRules(tx),
    units: units.flatMap((row) => toUnit(row, records)),
    mailMode,
  })
  // Before the licenses, whose events show what they were bought with.
  const purchases = await writeUnits(tx, root, decision)
  await applyDecision(tx, origin, decision, { records, counters, purchases })
  if (decision.units.length > 0) await openSessions(tx, root, origin.nowMs)
  await setNextDecision(tx, root, decision.nextDecisionAtMs)
  return decision
}

type UnitRow = typeof checkoutUnits.$inferSelect

/** Lists the units of a purchase that still have their license. */
export function listUnitRows(reading: Reading, root: PurchaseKey): Promise<readonly UnitRow[]> {
  return selectRows(
    reading,
    checkoutUnits,
    undefined,
    `WHERE ${IS_OF_PURCHASE} AND NOT is_released ORDER BY number, license_id`,
    listKey(root),
  )
}

function toUnit(
  { licenseId, itemRef, number, ruleId, applied }: UnitRow,
  records: ReadonlyMap<string, LicenseRecord>,
) {
  const license = records.get(licenseId)
  return license === undefined ? [] : [{ licenseId, itemRef, number, ruleId, applied, license }]
}

/**
 * Returns what their licenses were bought with. A unit keeps the reference of the purchase that created
 * it, because links can be added later.
 */
async function writeUnits(
  tx: Tx,
  { provider, mode, ref: purchaseRef }: PurchaseKey,
  { units }: PurchaseDecision,
): Promise<ReadonlyMap<string, LicensePurchase>> {
  const rows = units.map((unit) => ({ ...unit, provider, mode, purchaseRef }))
  // One at a time: a number that one license gives up is taken by another one.
  for (const row of rows) {
    await insertRows(
      tx,
      checkoutUnits,
      [row],
      `ON CONFLICT (license_id) DO UPDATE SET item_ref = excluded.item_ref,
         number = excluded.number, rule_id = excluded.rule_id, applied = excluded.applied,
         is_released = excluded.is_released`,
    )
  }
  return new Map(
    rows.map(({ licenseId, itemRef, number, ruleId }) => [
      licenseId,
      { provider, mode, purchaseRef, itemRef, number, ruleId },
    ]),
  )
}

/** From now on, the customer may fetch the keys on the thank-you page. */
async function openSessions({ client }: Tx, root: PurchaseKey, nowMs: number): Promise<void> {
  await client.unsafe(
    `UPDATE checkout_sessions SET ready_at_ms = $4
     WHERE ${IS_OF_PURCHASE} AND ready_at_ms IS NULL`,
    [...listKey(root), nowMs],
  )
}

export async function setNextDecision(
  { client }: Tx,
  purchase: PurchaseKey,
  atMs: number | null,
): Promise<void> {
  const text =
    atMs === null
      ? `UPDATE checkout_purchases SET next_decision_at_ms = NULL WHERE ${IS_IN_SCOPE} AND ref = $3`
      : `INSERT INTO checkout_purchases (provider, mode, ref, next_decision_at_ms)
         VALUES ($1, $2, $3, $4) ON CONFLICT (provider, mode, ref)
         DO UPDATE SET next_decision_at_ms = excluded.next_decision_at_ms`
  await client.unsafe(text, [...listKey(purchase), ...(atMs === null ? [] : [atMs])])
}
