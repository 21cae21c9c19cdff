import type { Deps } from '~/deps.ts'
import { buildCheckoutActor, buildJobActor } from '~/domain/actors.ts'
import { CHECKOUT_CLAIM_MS, decideFailure, type Outcome } from '~/domain/checkout-events.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import { parseKey } from '~/domain/keys.ts'
import { mintKey } from '~/domain/license-keys.ts'
import type { LicenseKey } from '~/domain/licenses.ts'
import { decidePurchase } from '~/domain/purchase-decisions.ts'
import { formatTokenId, TOKEN_ID_BYTES } from '~/domain/tokens.ts'
import type { ClaimedCheckoutEvent, DecidePurchase } from '~/store/checkout-port.ts'
import { nextTurn } from '~/turns.ts'
import { type InterpretDeps, type Interpreted, interpretEvent } from './interpret.ts'
import { openRawEvent } from './raw-events.ts'

const jobActor = buildJobActor('process-checkout')
/** Events that are processed at the same time. Few, because new events wait for their transaction. */
const EVENTS_MAX = 25
const PURCHASES_MAX = 50

export type DecideDeps = Pick<Deps, 'vault' | 'randomBytes' | 'createId' | 'sendMail'>

export type ProcessDeps = InterpretDeps &
  DecideDeps &
  Pick<Deps, 'store' | 'clock' | 'log' | 'metrics' | 'instanceId'>

/** How long an event takes, with its share of a sync to disk, while there is little else to do. */
const EVENT_MS = 2
/** The longest rest, such as after events that waited for the API of their provider. */
const REST_MAX_MS = 1000

/** Processes every event that is due, and every purchase whose time has come. Returns how many. */
export async function processDue(deps: ProcessDeps, signal: AbortSignal): Promise<number> {
  let processed = 0
  let claimed: readonly ClaimedCheckoutEvent[] = []
  // Keys that shops have issued are compared by their hashes, which change with the master secret.
  while (!signal.aborted && deps.vault.getConversion() === null) {
    const startedAtMs = performance.now()
    const interpreting = await interpretEach(deps, claimed)
    // All at once, so that these events and the claim of the next ones share a sync to disk.
    const settling = interpreting.map(async (interpreted) => (await interpreted)())
    const [next] = await Promise.all([claimDue(deps), ...settling])
    const count = claimed.length + (await processPurchases(deps))
    if (count === 0 && next.length === 0) break
    claimed = next
    processed += count
    if (processed > 2 * EVENTS_MAX)
      await Bun.sleep(chooseRest(performance.now() - startedAtMs, count))
  }
  return processed
}

/** In a backlog, validations and new events come first: the busier the server, the longer the rest. */
function chooseRest(tookMs: number, count: number): number {
  const load = tookMs / Math.max(count, 1) / EVENT_MS
  return Math.min(tookMs * load, REST_MAX_MS)
}

function claimDue({ store, clock, instanceId }: ProcessDeps) {
  const nowMs = clock.nowMs()
  const claimedUntilMs = nowMs + CHECKOUT_CLAIM_MS
  return store.checkout.events.claim({ instanceId, nowMs, claimedUntilMs, max: EVENTS_MAX })
}

function processPurchases(deps: ProcessDeps): Promise<number> {
  const nowMs = deps.clock.nowMs()
  const context = buildOwnContext(jobActor, nowMs)
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
    isFormerHash: (keyHash: string, { keySealed }: LicenseKey) => {
      const key = parseKey(vault.open('license-key', keySealed))
      return key.kind !== 'unusable' && vault.listOtherHashes(key.canonical).includes(keyHash)
    },
    createFileId: () => formatTokenId(randomBytes(TOKEN_ID_BYTES)),
    sendsMail: sendMail !== null,
    unmatchedReason,
  }
  return (snapshot) => decidePurchase(snapshot, options)
}

type Settle = () => Promise<void>

/** Starts to interpret events, one per turn. Those that need the API of their provider take longer. */
async function interpretEach(
  deps: ProcessDeps,
  events: readonly ClaimedCheckoutEvent[],
): Promise<readonly Promise<Settle>[]> {
  const interpreting: Promise<Settle>[] = []
  for (const event of events) {
    interpreting.push(prepareSettle(deps, event))
    await nextTurn()
  }
  return interpreting
}

/** Interprets an event. Returns what records the outcome: after a failure, that it is tried again. */
async function prepareSettle(deps: ProcessDeps, event: ClaimedCheckoutEvent): Promise<Settle> {
  try {
    const interpreted = await interpret(deps, event)
    return () => settle(deps, event, interpreted)
  } catch (error) {
    return () => recordFailure(deps, event, error)
  }
}

async function settle(
  deps: ProcessDeps,
  claimed: ClaimedCheckoutEvent,
  { unmatchedReason, ...said }: Interpreted,
): Promise<void> {
  const { store, clock, metrics } = deps
  try {
    const nowMs = clock.nowMs()
    const decide = buildDecidePurchase(deps, nowMs, unmatchedReason)
    const context = buildOwnContext(buildCheckoutActor(claimed.provider), nowMs)
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
    const context = buildOwnContext(buildCheckoutActor(claimed.provider), nowMs)
    const event = await store.checkout.events.fail(claimed, context, (current) =>
      decideFailure(current, { reason, isFinal }, nowMs),
    )
    if (event !== null) metrics.checkoutProcessed.inc({ provider, state: event.state })
  } catch (cause) {
    // The event stays claimed, so it is processed again when the claim ends.
    metrics.failures.inc()
    log.error({ err: cause, checkout_event_id: id }, 'checkout event was not recorded')
  }
}
