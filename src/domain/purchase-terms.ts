import type { LicenseKey } from './licenses.ts'
import type { AppliedTerms } from './purchase-decisions.ts'
import type { Offer } from './purchase-offers.ts'
import type { Customer, PurchaseState } from './purchase-state.ts'
import type { PurchaseItem } from './purchases.ts'
import { DAY_MS, HOUR_MS, TIME_MAX_MS } from './times.ts'

/** Returns the terms of a license of this item. */
export function buildTerms(
  state: PurchaseState,
  { item, offer }: { readonly item: PurchaseItem; readonly offer: Offer },
  customer: Customer,
  key: LicenseKey | null,
  nowMs: number,
): AppliedTerms {
  const { terms, plan } = offer
  return {
    planSlug: plan.slug,
    expiresAtMs: deriveExpiry(state, terms.slackHours),
    paidUntilMs: state.paidUntilMs,
    maxSeats: terms.quantityMeans === 'seats' ? item.quantity : null,
    maxDevices: terms.quantityMeans === 'devices' ? item.quantity : null,
    email: customer.email,
    name: customer.name,
    keyHash: key?.keyHash ?? null,
    ...buildStanding(state, offer, nowMs),
  }
}

/**
 * Returns the terms of a license whose item has no offer, or no longer exists. It is not extended, but
 * it ends, is suspended and is revoked with its purchase.
 */
export function keepTerms(
  state: PurchaseState,
  { applied, offer }: { readonly applied: AppliedTerms; readonly offer: Offer },
  customer: Customer,
  nowMs: number,
): AppliedTerms {
  const endsAtMs = Math.min(applied.expiresAtMs ?? Infinity, state.endsAtMs ?? Infinity)
  return {
    ...applied,
    expiresAtMs: endsAtMs === Infinity ? null : endsAtMs,
    email: customer.email,
    name: customer.name,
    ...buildStanding(state, offer, nowMs),
  }
}

function buildStanding(state: PurchaseState, offer: Offer, nowMs: number) {
  const suspendsAtMs = getSuspensionTime(state, offer)
  return {
    isBehind: state.pastDueSinceMs !== null,
    isPastDue: suspendsAtMs !== null && nowMs >= suspendsAtMs,
    isDisputed: state.dispute !== null && offer.terms.dispute === 'suspend',
    revocation: deriveRevocation(state, offer),
  }
}

/** Returns when a missing payment suspends a license; null if it does not. */
export function getSuspensionTime(
  { pastDueSinceMs }: Pick<PurchaseState, 'pastDueSinceMs'>,
  { terms }: Offer,
): number | null {
  if (pastDueSinceMs === null || terms.pastDue === 'nothing') return null
  return pastDueSinceMs + terms.pastDueDays * DAY_MS
}

/**
 * A renewal may come hours after the end of the period before it. A purchase that was canceled ends
 * exactly then, unless the last period was not paid.
 */
function deriveExpiry({ paidUntilMs, endsAtMs }: PurchaseState, slackHours: number): number | null {
  const renewalMs = paidUntilMs === null ? Infinity : paidUntilMs + slackHours * HOUR_MS
  const expiresAtMs = Math.min(renewalMs, endsAtMs ?? Infinity)
  return expiresAtMs === Infinity ? null : Math.min(expiresAtMs, TIME_MAX_MS)
}

function deriveRevocation(
  { refund, dispute }: PurchaseState,
  { terms }: Offer,
): AppliedTerms['revocation'] {
  const isRefunded =
    (refund === 'full' && terms.fullRefund === 'revoke') ||
    (refund !== null && terms.partialRefund === 'revoke')
  if (isRefunded) return 'refund'
  return dispute === 'lost' && terms.disputeLost === 'revoke' ? 'dispute' : null
}
