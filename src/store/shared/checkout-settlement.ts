import type { CheckoutEvent, Effect, Outcome, Translated } from '~/domain/checkout-events.ts'
import { NOTHING_LEFT } from '~/domain/purchase-decisions.ts'

/** The translation of an event. */
export type Said = Translated & { readonly outcome: Outcome }

/** The columns that every outcome sets. */
export type Settled = Pick<
  CheckoutEvent,
  'state' | 'reason' | 'waitingFor' | 'purchaseRef' | 'effects' | 'rules'
>

/** The columns that are the same for every outcome. */
export const settledAt = (nowMs: number) =>
  ({
    // If it has to wait, a mail is written when it is done, even if this was a replay.
    mailMode: 'new',
    nextAttemptAtMs: null,
    claimedBy: null,
    claimedUntilMs: null,
    processedAtMs: nowMs,
  }) as const

export const nothingSettled: Omit<Settled, 'state'> = {
  reason: null,
  waitingFor: null,
  purchaseRef: null,
  effects: [],
  rules: [],
}

/** Returns the outcome of an event about a customer with this number of purchases. */
export function settledCustomer(purchases: number): Settled {
  const text =
    purchases === 0
      ? 'No purchase of this customer is known yet.'
      : `This customer has ${purchases === 1 ? '1 purchase' : `${purchases} purchases`}.`
  return { ...nothingSettled, state: 'done', effects: [{ text, licenseIds: [] }] }
}

/**
 * Returns the outcome of an event about a purchase. A replay that changes nothing still shows what was
 * done before, and what has become of its mails.
 */
export function settledPurchase(
  former: Pick<CheckoutEvent, 'effects' | 'rules'>,
  next: Settled,
  hasChanged: boolean,
): Settled {
  if (hasChanged || former.effects.length === 0) {
    return { ...next, effects: [...former.effects, ...next.effects] }
  }
  return { ...next, effects: addEffects(former.effects, next.effects), rules: former.rules }
}

/** Adds the effects that are not among the former ones yet. */
function addEffects(former: readonly Effect[], next: readonly Effect[]): readonly Effect[] {
  const known = new Set([NOTHING_LEFT, ...former.map(({ text }) => text)])
  return [...former, ...next.filter(({ text }) => !known.has(text))]
}

/** Carries the result out of a transaction that is undone. */
export class DryRun extends Error {
  readonly event: CheckoutEvent

  constructor(event: CheckoutEvent) {
    super('A dry run is undone.')
    this.event = event
  }
}

/** Resolves with the event of a dry run, which rejects with it. */
export function readDryRun(undone: Promise<CheckoutEvent>): Promise<CheckoutEvent> {
  return undone.catch((error: unknown) => {
    if (error instanceof DryRun) return error.event
    throw error
  })
}
