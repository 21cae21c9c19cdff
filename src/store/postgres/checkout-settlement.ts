import type { CheckoutEvent } from '~/domain/checkout-events.ts'
import type { CheckoutEvents, DecidePurchase, PurchaseKey } from '../checkout-port.ts'
import type { CustomerOutcome, PurchaseOutcome } from '../shared/checkout-facts.ts'
import {
  DryRun,
  nothingSettled,
  readDryRun,
  type Said,
  type Settled,
  settledAt,
  settledCustomer,
  settledPurchase,
} from '../shared/checkout-settlement.ts'
import {
  acceptEvent,
  type CheckoutEventRow,
  lockClaimed,
  lockRow,
  updateEvent,
} from './checkout-event-rows.ts'
import { addNews, findRoot, IS_IN_SCOPE, LINKED, listKey } from './checkout-facts.ts'
import {
  laneOf,
  lockPurchases,
  readPurchaseCounters,
  runDecision,
  setNextDecision,
} from './checkout-purchases.ts'
import { checkoutCustomers, checkoutSessions } from './checkout-schema.ts'
import { type Origin, runCommand } from './commands.ts'
import type { Engine, Tx } from './engine.ts'
import { type Counters, noCounters } from './licenses.ts'
import { insertRows } from './rows.ts'

const IS_WAITING = `${IS_IN_SCOPE}
  AND state IN ('unmatched', 'waiting_for_customer', 'waiting_for_purchase')`

export const createSettle =
  (engine: Engine): CheckoutEvents['settle'] =>
  async (claimed, said, context, decide) => {
    const { outcome, mode } = said
    const scope = { provider: claimed.provider, mode }
    const counters =
      outcome.kind === 'purchase'
        ? await readPurchaseCounters(engine, { ...scope, ref: outcome.ref })
        : noCounters
    const work = async (tx: Tx) => {
      await lockPurchases(tx, scope)
      const row = await lockClaimed(tx, claimed)
      return row && settleEvent(tx, context, row, said, counters, decide)
    }
    return runCommand<CheckoutEvent, CheckoutEvent | null>(engine, context, work, laneOf(scope))
  }

export const createDryRun =
  (engine: Engine): CheckoutEvents['dryRun'] =>
  async (event, said, context, decide) => {
    const undone = engine.transact(async (tx): Promise<CheckoutEvent> => {
      await lockPurchases(tx, { provider: event.provider, mode: said.mode })
      await acceptEvent(tx, context, { ...event, key: `dry run ${event.id}` })
      const row = await lockRow(tx, event.id)
      if (row === null) throw new Error(`event ${event.id} is not stored`)
      throw new DryRun(await settleEvent(tx, context, row, said, noCounters, decide))
    })
    return readDryRun(undone)
  }

async function settleEvent(
  tx: Tx,
  origin: Origin,
  row: CheckoutEventRow,
  { outcome, ...translated }: Said,
  counters: Counters,
  decide: DecidePurchase,
): Promise<CheckoutEvent> {
  const scope = { provider: row.provider, mode: translated.mode }
  const settled =
    outcome.kind === 'purchase'
      ? await settlePurchase(tx, origin, { ...row, ...scope }, outcome, counters, decide)
      : outcome.kind === 'customer'
        ? await settleCustomer(tx, origin, scope, translated.occurredAtMs, outcome)
        : { ...nothingSettled, state: outcome.state, reason: outcome.reason }
  return updateEvent(tx, row, { ...translated, ...settled, ...settledAt(origin.nowMs) })
}

type Scope = Omit<PurchaseKey, 'ref'>
type Processing = Scope & Pick<CheckoutEventRow, 'id' | 'mailMode' | 'effects' | 'rules'>

/** A later event prevails; at the same time, the greater text. */
const LATER_CUSTOMER = `
  ON CONFLICT (provider, mode, ref)
  DO UPDATE SET at_ms = excluded.at_ms, email = excluded.email, name = excluded.name
  WHERE (excluded.at_ms, excluded.email, coalesce(excluded.name, ''))
    > (checkout_customers.at_ms, checkout_customers.email, coalesce(checkout_customers.name, ''))`

async function settleCustomer(
  tx: Tx,
  { nowMs }: Origin,
  scope: Scope,
  atMs: number,
  { ref, email, name }: CustomerOutcome,
): Promise<Settled> {
  const customer = { ...scope, ref, atMs, email, name }
  const isNew = (await insertRows(tx, checkoutCustomers, [customer], LATER_CUSTOMER)) > 0
  const purchases = await tx.client.unsafe<{ ref: string }[]>(
    `SELECT DISTINCT ref FROM checkout_facts
     WHERE ${IS_IN_SCOPE} AND customer = $3 AND fact::json->>'type' = 'customer_ref'`,
    listKey({ ...scope, ref }),
  )
  if (isNew) {
    await wakeCustomer(tx, { ...scope, ref }, purchases, nowMs)
    tx.touched.touchesCheckout = true
  }
  return settledCustomer(purchases.length)
}

/** Makes the events due that wait for a customer, and decisions about the other purchases. */
async function wakeCustomer(
  tx: Tx,
  customer: PurchaseKey,
  purchases: readonly { ref: string }[],
  nowMs: number,
): Promise<void> {
  const woken = await tx.client.unsafe<{ ref: string | null }[]>(
    `UPDATE checkout_events SET next_attempt_at_ms = $4
     WHERE ${IS_WAITING} AND waiting_for = $3 RETURNING purchase_ref AS ref`,
    [...listKey(customer), nowMs],
  )
  // Their own events decide about purchases that have waited, and show the effects.
  const awaited = new Set<string>()
  for (const { ref } of woken) {
    if (ref !== null) awaited.add((await findRoot(tx, { ...customer, ref })).ref)
  }
  for (const { ref } of purchases) {
    const key = { ...customer, ref }
    if (!awaited.has((await findRoot(tx, key)).ref)) await setNextDecision(tx, key, nowMs)
  }
}

async function settlePurchase(
  tx: Tx,
  origin: Origin,
  { id, mailMode, effects, rules, provider, mode }: Processing,
  outcome: PurchaseOutcome,
  counters: Counters,
  decide: DecidePurchase,
): Promise<Settled> {
  const key = { provider, mode, ref: outcome.ref }
  const isNew = await addNews(tx, key, outcome)
  const root = await findRoot(tx, key)
  await addSessions(tx, origin.nowMs, root, outcome)
  if (isNew) await wakePurchase(tx, root, id, origin.nowMs)
  const { result, changes } = await runDecision(tx, origin, root, mailMode, counters, decide)
  const next = { ...result, purchaseRef: outcome.ref }
  return settledPurchase({ effects, rules }, next, changes.length > 0)
}

/** Makes the events due that wait for news of a purchase, except one. */
async function wakePurchase(
  { client, touched }: Tx,
  root: PurchaseKey,
  exceptId: string,
  nowMs: number,
): Promise<void> {
  const { count } = await client.unsafe(
    `UPDATE checkout_events SET next_attempt_at_ms = $4
     WHERE ${IS_WAITING} AND purchase_ref IN (${LINKED} SELECT ref FROM linked) AND id <> $5`,
    [...listKey(root), nowMs, exceptId],
  )
  if (count > 0) touched.touchesCheckout = true
}

async function addSessions(
  tx: Tx,
  nowMs: number,
  { provider, mode, ref: purchaseRef }: PurchaseKey,
  { sessionHashes }: PurchaseOutcome,
): Promise<void> {
  const rest = { provider, mode, purchaseRef, createdAtMs: nowMs, reads: 0 }
  const rows = sessionHashes.map((sessionHash) => ({ ...rest, sessionHash }))
  await insertRows(tx, checkoutSessions, rows, 'ON CONFLICT DO NOTHING')
}
