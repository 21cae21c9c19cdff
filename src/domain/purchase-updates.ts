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
import { buildExpiry } from './terms.ts'
import { DAY_MS, toTimestamp } from './times.ts'

/** How long the first key still works after the provider's own was imported. */
const IMPORT_OVERLAP_HOURS = 720

/** A license whose terms change. */
export interface TermsChange {
  readonly draft: LicenseDraft
  /** The terms that its purchase has applied so far. */
  readonly former: AppliedTerms
  readonly next: AppliedTerms
  readonly offer: Offer
  /** The key to import; null if there is none. */
  readonly key: LicenseKey | null
  readonly nowMs: number
  /** Reports an effect on the license, in words. */
  readonly report: (text: string) => void
}

/**
 * Applies the differences between former and new terms to a license. All else stays as it is, such as
 * the suspension of an operator.
 */
export function applyTerms(change: TermsChange): void {
  const { draft, former, offer } = change
  if (draft.get().license.revokedAtMs !== null) {
    if (former.revocation !== null) {
      draft.decide((snapshot) => followRevoked(snapshot, change), offer.plan)
    }
    reportRevoked(change)
    return
  }
  updateTerms(change)
  moveEnd(change)
  importKey(change)
  changeSuspension(change)
  revoke(change)
}

function reportRevoked({ former, next, report }: TermsChange): void {
  if (former.revocation !== null && next.revocation === null) {
    const reason = former.revocation === 'refund' ? 'The refund failed' : 'The dispute was won'
    report(`${reason}, but a revocation is final. Create a new license for this customer.`)
  } else if (next.paidUntilMs !== former.paidUntilMs) {
    report('Paid, but the license was revoked, which is final.')
  }
}

/**
 * Keeps the plan, limits and end of a license that the purchase has revoked up to date, so that it is
 * the same whichever event came first. Nothing follows from it, so there is no event about it.
 */
function followRevoked(
  { license, plan }: LicenseSnapshot,
  { former, next, offer, nowMs }: TermsChange,
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

function updateTerms({ draft, former, next, offer, nowMs, report }: TermsChange): void {
  const { plan, terms } = offer
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
  if (changesPlan) report(`Changed to the plan ${plan.slug}, with the same key.`)
  if (next.maxSeats !== null && limits.overrides) report(`Allows ${count(next.maxSeats, 'seat')}.`)
  if (next.maxDevices !== null && limits.overrides)
    report(`Allows ${count(next.maxDevices, 'device')}.`)
  if ('customerEmail' in customer) report('Changed the email address of the customer.')
  if ('customerName' in customer) report('Changed the name of the customer.')
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

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

function moveEnd({ draft, former, next, nowMs, report }: TermsChange): void {
  if (former.expiresAtMs === next.expiresAtMs) return
  const { license, plan } = draft.get()
  const expiresAtMs = next.expiresAtMs ?? findPlanEnd(draft.get())
  const isSetByHand = former.expiresAtMs !== null && license.expiresAtMs !== former.expiresAtMs
  const currentMs = license.expiresAtMs ?? Infinity
  const isRenewal = (next.paidUntilMs ?? 0) > (former.paidUntilMs ?? 0)
  if (isSetByHand && (!isRenewal || (expiresAtMs ?? Infinity) <= currentMs)) {
    report('Keeps its expiration, which was set by hand.')
    return
  }
  if (isRenewal && expiresAtMs !== null && expiresAtMs > currentMs) {
    draft.decide((snapshot) => decideRenewal(snapshot, { expiresAtMs }, nowMs))
    report(`Renewed until ${toTimestamp(expiresAtMs)}.`)
    return
  }
  if (!draft.decide((snapshot) => decideUpdate(snapshot, { expiresAtMs }, nowMs), plan)) return
  report(expiresAtMs === null ? 'No longer expires.' : `Expires at ${toTimestamp(expiresAtMs)}.`)
}

/** Returns the end that the plan gives to a license that was bought once. */
function findPlanEnd({ license, plan }: LicenseSnapshot): number | null {
  if (plan.durationDays === null) return null
  return (license.activatedAtMs ?? license.createdAtMs) + plan.durationDays * DAY_MS
}

/** The key of the provider may come after the license. The first key still works for a while. */
function importKey({ draft, former, key, nowMs, report }: TermsChange): void {
  if (key === null || former.keyHash === key.keyHash) return
  if (draft.get().license.keyHash === key.keyHash) return
  draft.decide((snapshot) => decideKeyRotation(snapshot, key, IMPORT_OVERLAP_HOURS, nowMs))
  report('Now has the key of the provider. The previous key still works for 30 days.')
}

function changeSuspension(change: TermsChange): void {
  const { former, next } = change
  const isDisputeOver = former.isDisputed && !next.isDisputed
  if (isDisputeOver) reinstate(change, 'dispute', 'the dispute was won')
  if (former.isPastDue && !next.isPastDue) reinstate(change, 'past_due', 'the payment was made')
  if (next.revocation !== null) return
  if (next.isDisputed && !former.isDisputed) suspend(change, 'dispute', 'the payment is disputed')
  // A dispute that has ended may have hidden a payment that is still missing.
  if (next.isPastDue && (!former.isPastDue || isDisputeOver)) {
    suspend(change, 'past_due', 'a payment is past due')
  }
}

function suspend(change: TermsChange, cause: 'dispute' | 'past_due', reason: string): void {
  const { draft, nowMs, report } = change
  const sentence = `${capitalize(reason)}.`
  const isSuspended = draft.decide((license) => decideSuspension(license, sentence, nowMs, cause))
  if (isSuspended) report(`Suspended, because ${reason}.`)
  else reportOtherCause(change, reason)
}

function reinstate(change: TermsChange, cause: 'dispute' | 'past_due', reason: string): void {
  const { draft, nowMs, report } = change
  const isLifted = draft.decide((license) => decideReinstatement(license, nowMs, cause))
  if (isLifted) report(`Reinstated, because ${reason}.`)
  else reportOtherCause(change, reason)
}

function reportOtherCause({ draft, report }: TermsChange, reason: string): void {
  const { suspendedAtMs, suspensionCause } = draft.get().license
  if (suspendedAtMs === null) return
  const text = `${capitalize(reason)}, but the license stays suspended for another cause`
  report(`${text}: ${suspensionCause}.`)
}

function revoke({ draft, former, next, nowMs, report }: TermsChange): void {
  if (next.revocation === null || former.revocation !== null) return
  const reason = next.revocation === 'refund' ? 'the payment was refunded' : 'the dispute was lost'
  draft.decide((license) => decideRevocation(license, `${capitalize(reason)}.`, nowMs))
  report(`Revoked, because ${reason}.`)
}

const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
