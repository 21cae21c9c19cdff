import type { CheckoutEvent, Effect, Outcome, Translated } from '~/domain/checkout-events.ts'
import { NOTHING_LEFT } from '~/domain/purchase-decisions.ts'
import { STEPS_PER_TURN, type Steps } from '~/turns.ts'
import type { CheckoutEvents, DecidePurchase, PurchaseKey } from '../checkout-port.ts'
import {
  type CheckoutEventRow,
  insertEvent,
  readClaimed,
  readRow,
  updateEvent,
} from './checkout-event-rows.ts'
import {
  addNews,
  type CustomerOutcome,
  findRoot,
  type PurchaseOutcome,
  pickKey,
} from './checkout-facts.ts'
import { readPurchaseCounters, runDecision, setNextDecision } from './checkout-purchases.ts'
import { type Origin, runCommandInSteps } from './commands.ts'
import type { Engine } from './engine.ts'
import { type Counters, noCounters } from './licenses.ts'

type Said = Translated & { readonly outcome: Outcome }

/** The columns that every outcome sets. */
type Settled = Pick<
  CheckoutEventRow,
  'state' | 'reason' | 'waitingFor' | 'purchaseRef' | 'effects' | 'rules'
>

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

/** Carries the result out of a transaction that is undone. */
class DryRun extends Error {
  readonly event: CheckoutEvent

  constructor(event: CheckoutEvent) {
    super('A dry run is undone.')
    this.event = event
  }
}

export const createDryRun =
  (engine: Engine): CheckoutEvents['dryRun'] =>
  async (event, said, context, decide) => {
    const undone = engine.transactInSteps(function* (): Steps<CheckoutEvent> {
      insertEvent(engine, context, { ...event, key: `dry run ${event.id}` })
      const row = readRow(engine, event.id)
      throw new DryRun(yield* settleEvent(engine, context, row, said, noCounters, decide))
    })
    return undone.catch((error: unknown) => {
      if (error instanceof DryRun) return error.event
      throw error
    })
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
        : { ...nothing, state: outcome.state, reason: outcome.reason }
  return updateEvent(engine, row, {
    ...translated,
    ...settled,
    // If it has to wait, a mail is written when it is done, even if this was a replay.
    mailMode: 'new',
    nextAttemptAtMs: null,
    claimedBy: null,
    claimedUntilMs: null,
    processedAtMs: origin.nowMs,
  })
}

const nothing: Omit<Settled, 'state'> = {
  reason: null,
  waitingFor: null,
  purchaseRef: null,
  effects: [],
  rules: [],
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
  const count = purchases.length
  const text =
    count === 0
      ? 'No purchase of this customer is known yet.'
      : `This customer has ${count === 1 ? '1 purchase' : `${count} purchases`}.`
  return { ...nothing, state: 'done', effects: [{ text, licenseIds: [] }] }
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
  const settled = { ...result, purchaseRef: outcome.ref }
  // A replay that changes nothing still shows what was done before, and what has become of its mails.
  if (changes.length === 0 && effects.length > 0)
    return { ...settled, effects: addEffects(effects, result.effects), rules }
  return { ...settled, effects: [...effects, ...result.effects] }
}

/** Adds the effects that are not among the former ones yet. */
function addEffects(former: readonly Effect[], next: readonly Effect[]): readonly Effect[] {
  const known = new Set([NOTHING_LEFT, ...former.map(({ text }) => text)])
  return [...former, ...next.filter(({ text }) => !known.has(text))]
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
