import type { Deps } from '~/deps.ts'
import { CHECKOUT_CLAIM_MS, decideFailure, type Outcome } from '~/domain/checkout-events.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import { mintKey } from '~/domain/license-keys.ts'
import { decidePurchase } from '~/domain/purchase-decisions.ts'
import type { ClaimedCheckoutEvent, DecidePurchase } from '~/store/checkout-port.ts'
import { type InterpretDeps, type Interpreted, interpretEvent } from './interpret.ts'
import { openRawEvent } from './raw-events.ts'

const ACTOR = 'job:process-checkout'
/** Events that are processed at the same time. Few, because new events wait for their transaction. */
const EVENTS_MAX = 10
const PURCHASES_MAX = 50

export type DecideDeps = Pick<Deps, 'vault' | 'randomBytes' | 'createId' | 'sendMail'>

export type ProcessDeps = InterpretDeps &
  DecideDeps &
  Pick<Deps, 'store' | 'clock' | 'log' | 'metrics' | 'instanceId'>

/** The longest rest, after events that waited for the API of their provider. */
const REST_MAX_MS = 100

/** Processes every event that is due, and every purchase whose time has come. Returns how many. */
export async function processDue(deps: ProcessDeps, signal: AbortSignal): Promise<number> {
  let processed = 0
  while (!signal.aborted) {
    const startedAtMs = performance.now()
    const count = (await processEvents(deps)) + (await processPurchases(deps))
    if (count === 0) break
    processed += count
    // In a backlog, validations and new events get as much time as is used here.
    if (processed > 2 * EVENTS_MAX) {
      await Bun.sleep(Math.min(performance.now() - startedAtMs, REST_MAX_MS))
    }
  }
  return processed
}

async function processEvents(deps: ProcessDeps): Promise<number> {
  const { store, clock, instanceId } = deps
  const nowMs = clock.nowMs()
  const claimedUntilMs = nowMs + CHECKOUT_CLAIM_MS
  const claim = { instanceId, nowMs, claimedUntilMs, max: EVENTS_MAX }
  const claimed = await store.checkout.events.claim(claim)
  await Promise.all(claimed.map((event) => processEvent(deps, event)))
  return claimed.length
}

function processPurchases(deps: ProcessDeps): Promise<number> {
  const nowMs = deps.clock.nowMs()
  const context = buildOwnContext(ACTOR, nowMs)
  const decide = buildDecidePurchase(deps, nowMs, null)
  return deps.store.checkout.purchases.decideDue(PURCHASES_MAX, context, decide)
}

/** Returns the decision about a purchase at this time. */
export function buildDecidePurchase(
  { vault, randomBytes, createId, sendMail }: DecideDeps,
  nowMs: number,
  unmatchedReason: string | null,
): DecidePurchase {
  const options = {
    nowMs,
    createId,
    mintKey: (prefix: string) => mintKey({ vault, randomBytes }, prefix),
    sendsMail: sendMail !== null,
    unmatchedReason,
  }
  return (snapshot) => decidePurchase(snapshot, options)
}

/** Processes one event. A failure is recorded, and the event is processed again later. */
async function processEvent(deps: ProcessDeps, claimed: ClaimedCheckoutEvent): Promise<void> {
  const { store, clock, metrics } = deps
  try {
    const { unmatchedReason, ...said } = await interpret(deps, claimed)
    const nowMs = clock.nowMs()
    const decide = buildDecidePurchase(deps, nowMs, unmatchedReason)
    const context = buildOwnContext(ACTOR, nowMs)
    const event = await store.checkout.events.settle(claimed, said, context, decide)
    if (event !== null)
      metrics.checkoutProcessed.inc({ provider: event.provider, state: event.state })
  } catch (error) {
    await recordFailure(deps, claimed, error)
  }
}

function interpret(deps: ProcessDeps, event: ClaimedCheckoutEvent): Promise<Interpreted> {
  if (event.bodySealed === null) return Promise.resolve(recall(event))
  return interpretEvent(deps, event, openRawEvent(deps.vault, event.bodySealed))
}

/** Returns what is still known of an event that has waited until its body was deleted. */
function recall({ type, eventId, mode, occurredAtMs, purchaseRef }: ClaimedCheckoutEvent) {
  if (type === null || mode === null || occurredAtMs === null || purchaseRef === null) {
    throw new Fault('gone', 'The raw event was deleted before it could be processed.')
  }
  const rest = { facts: [], links: [], sessionHashes: [] }
  const outcome: Outcome = { kind: 'purchase', ref: purchaseRef, ...rest }
  return { type, eventId, mode, occurredAtMs, outcome, unmatchedReason: null }
}

async function recordFailure(
  { store, clock, log, metrics }: ProcessDeps,
  claimed: ClaimedCheckoutEvent,
  error: unknown,
): Promise<void> {
  const { id, provider } = claimed
  const isFinal = error instanceof Fault && error.kind !== 'unavailable'
  if (!isFinal) log.error({ err: error, checkout_event_id: id }, 'checkout event failed')
  const nowMs = clock.nowMs()
  const reason =
    error instanceof Fault
      ? error.message
      : 'An attempt to process it failed: the log of the server says why.'
  try {
    const context = buildOwnContext(ACTOR, nowMs)
    const event = await store.checkout.events.fail(claimed, context, (current) =>
      decideFailure(current, { reason, isFinal }, nowMs),
    )
    if (event !== null) metrics.checkoutProcessed.inc({ provider, state: 'failed' })
  } catch (cause) {
    // The event stays claimed, so it is processed again when the claim ends.
    metrics.failures.inc()
    log.error({ err: cause, checkout_event_id: id }, 'checkout event was not recorded')
  }
}
