import type { RuleUse } from './checkout-rules.ts'
import type { Mode, Provider, StoredFact } from './purchases.ts'
import { HOUR_MS, SECOND_MS } from './times.ts'

/** `received` is still to be processed. */
export const checkoutStates = [
  'received',
  'done',
  'ignored',
  'test',
  'unmatched',
  'waiting_for_customer',
  'waiting_for_purchase',
  'failed',
] as const
export type CheckoutState = (typeof checkoutStates)[number]

/** In these, an event waits for something that may never come by itself, or has not been processed yet. */
export const openCheckoutStates = [
  'received',
  'unmatched',
  'waiting_for_customer',
  'waiting_for_purchase',
  'failed',
] as const satisfies readonly CheckoutState[]
export type OpenCheckoutState = (typeof openCheckoutStates)[number]

/** An event of a provider, without its body. */
export interface CheckoutEvent {
  readonly id: string
  readonly provider: Provider
  readonly endpointLabel: string | null
  readonly receivedAtMs: number
  /** These four are known once it was processed. */
  readonly type: string | null
  readonly eventId: string | null
  readonly mode: Mode | null
  readonly occurredAtMs: number | null
  /** The order or subscription that it is about, or what leads to it. */
  readonly purchaseRef: string | null
  readonly state: CheckoutState
  /** Why it is in this state, and what can be done about it; null if it is done. */
  readonly reason: string | null
  /** The reference that it waits for. */
  readonly waitingFor: string | null
  readonly effects: readonly Effect[]
  readonly rules: readonly RuleUse[]
  /** Failed attempts. */
  readonly attempts: number
  /** Null unless it is due now or later. */
  readonly nextAttemptAtMs: number | null
  readonly processedAtMs: number | null
  /** Whether the raw event is still stored. */
  readonly hasBody: boolean
}

/** Something that an event has done, in words, and the licenses that it did it to. */
export interface Effect {
  readonly text: string
  readonly licenseIds: readonly string[]
}

/** `licenseId` finds the events of the purchase that the license belongs to. */
export interface CheckoutEventFilter {
  readonly state?: CheckoutState
  readonly provider?: Provider
  readonly type?: string
  readonly licenseId?: string
}

/** Which mails an event writes: those of new licenses, none, or the keys of all its licenses. */
export type MailMode = 'new' | 'none' | 'all'

/** Longer than processing one event can take, with a request to the provider. */
export const CHECKOUT_CLAIM_MS = 60 * SECOND_MS

/** No next attempt is further ahead than this. */
export const CHECKOUT_GAP_MAX_MS = 24 * HOUR_MS

/** The gaps between attempts to process an event, after failures of ours or of the provider's API. */
const retryGapsMs = [
  10 * SECOND_MS,
  60 * SECOND_MS,
  300 * SECOND_MS,
  HOUR_MS / 2,
  2 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  CHECKOUT_GAP_MAX_MS,
] as const

/** The state of an event after a failed attempt. */
export type Failure = Pick<CheckoutEvent, 'state' | 'reason' | 'attempts' | 'nextAttemptAtMs'>

/** Returns the event's next attempt; it has failed after the last, or if another is no use. */
export function decideFailure(
  { attempts: former }: Pick<CheckoutEvent, 'attempts'>,
  cause: { readonly reason: string; readonly isFinal: boolean },
  nowMs: number,
): Failure {
  const attempts = former + 1
  const gapMs = cause.isFinal ? undefined : retryGapsMs[former]
  if (gapMs === undefined) {
    const reason = cause.isFinal ? cause.reason : `${cause.reason} Replay it once this is fixed.`
    return { state: 'failed', reason, attempts, nextAttemptAtMs: null }
  }
  const reason = `${cause.reason} Licet will try again.`
  return { state: 'received', reason, attempts, nextAttemptAtMs: nowMs + gapMs }
}

/** How an event describes itself. */
export type Translated = {
  readonly type: string
  readonly eventId: string | null
  readonly occurredAtMs: number
  readonly mode: Mode
}

/** The news of an event, in the form in which it is stored. */
export type Outcome =
  /** Nothing is stored besides the reason. */
  | { readonly kind: 'set_aside'; readonly state: 'ignored' | 'test'; readonly reason: string }
  | {
      readonly kind: 'customer'
      readonly ref: string
      readonly email: string
      readonly name: string | null
    }
  | {
      readonly kind: 'purchase'
      readonly ref: string
      readonly facts: readonly StoredFact[]
      readonly links: readonly { readonly from: string; readonly to: string }[]
      readonly sessionHashes: readonly string[]
    }
