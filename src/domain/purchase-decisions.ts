import type { CheckoutState, Effect, MailMode } from './checkout-events.ts'
import type { CheckoutRule, RuleUse } from './checkout-rules.ts'
import type { Decision } from './decisions.ts'
import type { LicenseSnapshot, Overrides } from './licenses.ts'
import type { MailDraft } from './mails.ts'
import type { Plan } from './plans.ts'
import type { Mode, Provider, StoredFact } from './purchases.ts'

/** Everything that is known about a purchase. */
export interface PurchaseSnapshot {
  readonly provider: Provider
  readonly mode: Mode
  /** Its own reference: what links lead to. */
  readonly ref: string
  readonly facts: readonly KnownFact[]
  /** The rules that may apply to it. */
  readonly rules: readonly CheckoutRule[]
  readonly findPlan: (slug: string) => OfferedPlan | null
  readonly units: readonly Unit[]
  /** Whether a license already has this key. */
  readonly isKeyTaken: (keyHash: string) => boolean
  readonly mailMode: MailMode
}

/** A fact, and the reference that it was stored under, which leads to the purchase. */
export type KnownFact = StoredFact & { readonly ref: string }

/** A plan with the prefix of its product's license keys. */
export interface OfferedPlan {
  readonly plan: Plan
  readonly keyPrefix: string
}

/** A license that a purchase has granted: number 1 to n of an item. */
export interface Unit {
  readonly licenseId: string
  readonly itemRef: string
  readonly number: number
  readonly ruleId: string | null
  /** The terms that the purchase has set so far. Only differences from them are applied. */
  readonly applied: AppliedTerms
  readonly license: LicenseSnapshot
}

/** The terms of a license that follow from its purchase. */
export interface AppliedTerms {
  readonly planSlug: string
  /** Undefined if the plan decides. */
  readonly expiresAtMs?: number | null
  readonly paidUntilMs: number | null
  readonly overrides: Pick<Overrides, 'maxSeats' | 'maxDevices'>
  readonly email: string
  readonly name: string | null
  readonly isPastDue: boolean
  readonly isDisputed: boolean
  readonly isRevoked: boolean
}

/** A unit to create or replace; `isReleased` frees its number for another license. */
export interface UnitChange extends Omit<Unit, 'license'> {
  readonly isReleased: boolean
}

/** The outcome for the event that was processed. */
export interface PurchaseResult {
  readonly state: CheckoutState
  readonly reason: string | null
  readonly waitingFor: string | null
  readonly effects: readonly Effect[]
  readonly rules: readonly RuleUse[]
}

export interface PurchaseDecision extends Decision<PurchaseResult> {
  readonly units: readonly UnitChange[]
  readonly mails: readonly MailDraft[]
  /** When to decide again without an event, such as at the end of `past_due_days`; null if never. */
  readonly nextDecisionAtMs: number | null
}
