import { type Decision, unchanged } from './decisions.ts'
import { isEqual } from './equality.ts'
import type { LicenseDraft } from './license-drafts.ts'
import { decideUpdate, type LicenseEdit } from './license-updates.ts'
import {
  decideKeyRotation,
  decideReinstatement,
  decideRenewal,
  decideRevocation,
  decideSuspension,
  type LicenseKey,
  type LicenseSnapshot,
  updateByVendor,
} from './licenses.ts'
import type { AppliedTerms } from './purchase-decisions.ts'
import type { Offer } from './purchase-offers.ts'
import type { Customer, PurchaseState } from './purchase-state.ts'
import type { PurchaseItem } from './purchases.ts'
import { buildExpiry } from './terms.ts'
import { DAY_MS, HOUR_MS, TIME_MAX_MS, toTimestamp } from './times.ts'

/** How long the first key still works after the provider's own was imported. */
const IMPORT_OVERLAP_HOURS = 720

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

/** Reports an effect on the license, in words. */
type Tell = (text: string) => void

/**
 * Applies the differences between former and new terms to a license. All else stays as it is, such as
 * the suspension of an operator.
 */
export function applyTerms(
  draft: LicenseDraft,
  former: AppliedTerms,
  next: AppliedTerms,
  offer: Offer,
  key: LicenseKey | null,
  nowMs: number,
  tell: Tell,
): void {
  if (draft.get().license.revokedAtMs !== null) {
    if (former.revocation !== null)
      draft.decide((one) => followRevoked(one, former, next, offer, nowMs), offer.plan)
    tellRevoked(former, next, tell)
    return
  }
  updateTerms(draft, former, next, offer, nowMs, tell)
  moveEnd(draft, former, next, nowMs, tell)
  importKey(draft, former, key, nowMs, tell)
  liftSuspension(draft, former, next, nowMs, tell)
  suspend(draft, former, next, nowMs, tell)
  revoke(draft, former, next, nowMs, tell)
}

function tellRevoked(former: AppliedTerms, next: AppliedTerms, tell: Tell): void {
  if (former.revocation !== null && next.revocation === null) {
    const reason = former.revocation === 'refund' ? 'The refund failed' : 'The dispute was won'
    tell(`${reason}, but a revocation is final. Create a new license for this customer.`)
  } else if (next.paidUntilMs !== former.paidUntilMs) {
    tell('Paid, but the license was revoked, which is final.')
  }
}

/**
 * Keeps the plan, limits and end of a license that the purchase has revoked up to date, so that it is
 * the same whichever event came first. Nothing follows from it, so there is no event about it.
 */
function followRevoked(
  { license, plan }: LicenseSnapshot,
  former: AppliedTerms,
  next: AppliedTerms,
  offer: Offer,
  nowMs: number,
): Decision<null> {
  const isSame = isEqual(pickTerms(former), pickTerms(next))
  if (isSame) return unchanged(null)
  const { overrides = {}, inherit = [] } = editLimits(former, next)
  const kept = Object.entries(license.overrides).filter(
    ([name]) => !inherit.some((dropped) => dropped === name),
  )
  const set = {
    planSlug: next.planSlug,
    overrides: { ...Object.fromEntries(kept), ...overrides },
    ...buildExpiry(next.expiresAtMs ?? findPlanEnd({ license, plan }), offer.plan),
  }
  return { ...updateByVendor(license, set, 'license.updated', nowMs), events: [] }
}

const pickTerms = ({ planSlug, expiresAtMs, maxSeats, maxDevices }: AppliedTerms) => ({
  planSlug,
  expiresAtMs,
  maxSeats,
  maxDevices,
})

function updateTerms(
  draft: LicenseDraft,
  former: AppliedTerms,
  next: AppliedTerms,
  { plan, terms }: Offer,
  nowMs: number,
  tell: Tell,
): void {
  const changesPlan = former.planSlug !== next.planSlug
  const limits = editLimits(former, next)
  const follows = terms.emailChange === 'update'
  const customer = {
    ...(follows && former.email !== next.email && { customerEmail: next.email }),
    ...(follows && former.name !== next.name && { customerName: next.name }),
  }
  const edit: LicenseEdit = {
    ...(changesPlan && { plan, expiry: 'keep' as const }),
    ...limits,
    ...customer,
  }
  if (Object.keys(edit).length === 0) return
  const nextPlan = changesPlan ? plan : undefined
  if (!draft.decide((snapshot) => decideUpdate(snapshot, edit, nowMs), nextPlan)) return
  if (changesPlan) tell(`Changed to the plan ${plan.slug}, with the same key.`)
  if (next.maxSeats !== null && limits.overrides) tell(`Allows ${next.maxSeats} seats.`)
  if (next.maxDevices !== null && limits.overrides) tell(`Allows ${next.maxDevices} devices.`)
  if ('customerEmail' in customer) tell('Changed the email address of the customer.')
  if ('customerName' in customer) tell('Changed the name of the customer.')
}

/** Returns the limits that the quantity sets, or no longer sets. */
function editLimits(
  former: AppliedTerms,
  next: AppliedTerms,
): Pick<LicenseEdit, 'overrides' | 'inherit'> {
  const names = (['maxSeats', 'maxDevices'] as const).filter((name) => former[name] !== next[name])
  if (names.length === 0) return {}
  const overrides = Object.fromEntries(
    names.flatMap((name) => (next[name] === null ? [] : [[name, next[name]]])),
  )
  return { overrides, inherit: names.filter((name) => next[name] === null) }
}

function moveEnd(
  draft: LicenseDraft,
  former: AppliedTerms,
  next: AppliedTerms,
  nowMs: number,
  tell: Tell,
): void {
  if (former.expiresAtMs === next.expiresAtMs) return
  const { license, plan } = draft.get()
  const expiresAtMs = next.expiresAtMs ?? findPlanEnd(draft.get())
  const isSetByHand = former.expiresAtMs !== null && license.expiresAtMs !== former.expiresAtMs
  const currentMs = license.expiresAtMs ?? Infinity
  const isRenewal = (next.paidUntilMs ?? 0) > (former.paidUntilMs ?? 0)
  if (isSetByHand && (!isRenewal || (expiresAtMs ?? Infinity) <= currentMs)) {
    tell('Keeps its expiration, which was set by hand.')
    return
  }
  if (isRenewal && expiresAtMs !== null && expiresAtMs > currentMs) {
    draft.decide((snapshot) => decideRenewal(snapshot, { expiresAtMs }, nowMs))
    tell(`Renewed until ${toTimestamp(expiresAtMs)}.`)
    return
  }
  if (!draft.decide((snapshot) => decideUpdate(snapshot, { expiresAtMs }, nowMs), plan)) return
  tell(expiresAtMs === null ? 'No longer expires.' : `Expires at ${toTimestamp(expiresAtMs)}.`)
}

/** Returns the end that the plan gives to a license that was bought once. */
function findPlanEnd({ license, plan }: LicenseSnapshot): number | null {
  if (plan.durationDays === null) return null
  return (license.activatedAtMs ?? license.createdAtMs) + plan.durationDays * DAY_MS
}

/** The key of the provider may come after the license. The first key still works for a while. */
function importKey(
  draft: LicenseDraft,
  former: AppliedTerms,
  key: LicenseKey | null,
  nowMs: number,
  tell: Tell,
): void {
  if (key === null || former.keyHash === key.keyHash) return
  if (draft.get().license.keyHash === key.keyHash) return
  draft.decide((snapshot) => decideKeyRotation(snapshot, key, IMPORT_OVERLAP_HOURS, nowMs))
  tell('Now has the key of the provider. The previous key still works for 30 days.')
}

function liftSuspension(
  draft: LicenseDraft,
  former: AppliedTerms,
  next: AppliedTerms,
  nowMs: number,
  tell: Tell,
): void {
  if (former.isDisputed && !next.isDisputed) {
    const isLifted = draft.decide((license) => decideReinstatement(license, nowMs, 'dispute'))
    if (isLifted) tell('Reinstated, because the dispute was won.')
    else tellStaysSuspended(draft, 'The dispute was won', tell)
  }
  if (former.isPastDue && !next.isPastDue) {
    const isLifted = draft.decide((license) => decideReinstatement(license, nowMs, 'past_due'))
    if (isLifted) tell('Reinstated, because the payment was made.')
    else tellStaysSuspended(draft, 'The payment was made', tell)
  }
}

function tellStaysSuspended(draft: LicenseDraft, cause: string, tell: Tell): void {
  const { suspendedAtMs, suspensionCause } = draft.get().license
  if (suspendedAtMs === null) return
  tell(`${cause}, but the license stays suspended for another cause: ${suspensionCause}.`)
}

function suspend(
  draft: LicenseDraft,
  former: AppliedTerms,
  next: AppliedTerms,
  nowMs: number,
  tell: Tell,
): void {
  if (next.isDisputed && !former.isDisputed) {
    const reason = 'The payment is disputed.'
    if (draft.decide((license) => decideSuspension(license, reason, nowMs, 'dispute'))) {
      tell('Suspended, because the payment is disputed.')
    } else tellStaysSuspended(draft, 'The payment is disputed', tell)
  }
  // A dispute that has ended may have hidden a payment that is still missing.
  const isUncovered = former.isDisputed && !next.isDisputed
  if (next.isPastDue && (!former.isPastDue || isUncovered)) {
    const reason = 'A payment is past due.'
    if (draft.decide((license) => decideSuspension(license, reason, nowMs, 'past_due'))) {
      tell('Suspended, because a payment is past due.')
    } else tellStaysSuspended(draft, 'A payment is past due', tell)
  }
}

function revoke(
  draft: LicenseDraft,
  former: AppliedTerms,
  next: AppliedTerms,
  nowMs: number,
  tell: Tell,
): void {
  if (next.revocation === null || former.revocation !== null) return
  const reason =
    next.revocation === 'refund' ? 'The payment was refunded.' : 'The dispute was lost.'
  draft.decide((license) => decideRevocation(license, reason, nowMs))
  tell(
    next.revocation === 'refund'
      ? 'Revoked, because the payment was refunded.'
      : 'Revoked, because the dispute was lost.',
  )
}
