import type { CheckoutEvent } from '~/domain/checkout-events.ts'
import { STEPS_PER_TURN, type Steps } from '~/turns.ts'
import type { CheckoutEvents, DecidePurchase, PurchaseKey } from '../checkout-port.ts'
import { type CustomerOutcome, type PurchaseOutcome, pickKey } from '../shared/checkout-facts.ts'
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
  type CheckoutEventRow,
  insertEvent,
  readClaimed,
  readRow,
  updateEvent,
} from './checkout-event-rows.ts'
import { addNews, findRoot } from './checkout-facts.ts'
import { readPurchaseCounters, runDecision, setNextDecision } from './checkout-purchases.ts'
import { type Origin, runCommandInSteps } from './commands.ts'
import type { Engine } from './engine.ts'
import { type Counters, noCounters } from './licenses.ts'

export const createSettle =
  (engine: Engine): CheckoutEvents['settle'] =>
  async (claimed, said, context, decide) => {
    const { outcome } = said
    const counters =
      outcome.kind === 'purchase'
        ? await readPurchaseCounters(engine, {
            provider: claimed.provider,
            mode: said.mode,
            ref: outcome.ref,
          })
        : noCounters
    return runCommandInSteps(engine, context, function* () {
      const row = readClaimed(engine, claimed)
      const event = row && (yield* settleEvent(engine, context, row, said, counters, decide))
      // It takes as long as a turn, so validations are answered before the next event.
      yield STEPS_PER_TURN
      return event
    })
  }

export const createDryRun =
  (engine: Engine): CheckoutEvents['dryRun'] =>
  async (event, said, context, decide) => {
    const undone = engine.transactInSteps(function* (): Steps<CheckoutEvent> {
      insertEvent(engine, context, { ...event, key: `dry run ${event.id}` })
      const row = readRow(engine, event.id)
      throw new DryRun(yield* settleEvent(engine, context, row, said, noCounters, decide))
    })
    return readDryRun(undone)
  }

function* settleEvent(
  engine: Engine,
  origin: Origin,
  row: CheckoutEventRow,
  { outcome, ...translated }: Said,
  counters: Counters,
  decide: DecidePurchase,
): Steps<CheckoutEvent> {
  const scope = { provider: row.provider, mode: translated.mode }
  const settled =
    outcome.kind === 'purchase'
      ? yield* settlePurchase(engine, origin, { ...row, ...scope }, outcome, counters, decide)
      : outcome.kind === 'customer'
        ? settleCustomer(engine, origin, scope, translated.occurredAtMs, outcome)
        : { ...nothingSettled, state: outcome.state, reason: outcome.reason }
  return updateEvent(engine, row, {
    ...translated,
    ...settled,
    ...settledAt(origin.nowMs),
  })
}

type Scope = Omit<PurchaseKey, 'ref'>
type Processing = Scope & Pick<CheckoutEventRow, 'id' | 'mailMode' | 'effects' | 'rules'>

function settleCustomer(
  engine: Engine,
  { nowMs }: Origin,
  scope: Scope,
  atMs: number,
  { ref, email, name }: CustomerOutcome,
): Settled {
  const { setCustomer, purchasesOfCustomer } = engine.statements.checkoutFacts
  const { wakeWaiting } = engine.statements.checkoutEvents
  const isNew = setCustomer.run({ ...scope, ref, atMs, email, name }).changes > 0
  const purchases = purchasesOfCustomer.all({ ...scope, customer: ref })
  if (isNew) {
    const findRootRef = (purchase: string) => findRoot(engine, { ...scope, ref: purchase }).ref
    const woken = wakeWaiting.all({ ...scope, ref, nowMs })
    // Their own events decide about purchases that have waited, and show the effects.
    const awaited = new Set(woken.flatMap(({ purchaseRef }) => purchaseRef ?? []).map(findRootRef))
    for (const purchase of purchases) {
      if (awaited.has(findRootRef(purchase.ref))) continue
      setNextDecision(engine, { ...scope, ...purchase }, nowMs)
    }
    engine.touched.touchesCheckout = true
  }
  return settledCustomer(purchases.length)
}

function* settlePurchase(
  engine: Engine,
  origin: Origin,
  { id, mailMode, effects, rules, ...scope }: Processing,
  outcome: PurchaseOutcome,
  counters: Counters,
  decide: DecidePurchase,
): Steps<Settled> {
  const { provider, mode } = scope
  const key = { provider, mode, ref: outcome.ref }
  const isNew = addNews(engine, key, outcome)
  const root = findRoot(engine, key)
  addSessions(engine, origin.nowMs, root, outcome)
  if (isNew) {
    const { wakePurchase } = engine.statements.checkoutEvents
    const woken = wakePurchase.run({ ...pickKey(root), nowMs: origin.nowMs, id })
    if (woken.changes > 0) engine.touched.touchesCheckout = true
  }
  const { result, changes } = yield* runDecision(engine, origin, root, mailMode, counters, decide)
  const next = { ...result, purchaseRef: outcome.ref }
  return settledPurchase({ effects, rules }, next, changes.length > 0)
}

function addSessions(
  { statements }: Engine,
  nowMs: number,
  { provider, mode, ref: purchaseRef }: PurchaseKey,
  { sessionHashes }: PurchaseOutcome,
): void {
  const rest = { provider, mode, purchaseRef, createdAtMs: nowMs, reads: 0 }
  for (const sessionHash of sessionHashes) statements.purchases.addSession({ ...rest, sessionHash })
}
