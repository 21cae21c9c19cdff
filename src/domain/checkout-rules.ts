import { Fault } from './faults.ts'
import type { Provider } from './purchases.ts'

/** The parts of an item that a rule can match, the most specific first. */
export const ruleTargets = ['price', 'payment_link', 'product', 'metadata_plan'] as const
export type RuleTarget = (typeof ruleTargets)[number]

/** The effects of a rule on a purchase. */
export interface RuleTerms {
  /** `seats` and `devices` set the limit of one license. */
  readonly quantityMeans: 'licenses' | 'seats' | 'devices'
  /** How long a license stays valid after a paid period, while the purchase renews. */
  readonly slackHours: number
  readonly pastDue: 'suspend' | 'nothing'
  readonly pastDueDays: number
  readonly fullRefund: 'revoke' | 'nothing'
  readonly partialRefund: 'revoke' | 'nothing'
  readonly dispute: 'suspend' | 'nothing'
  readonly disputeLost: 'revoke' | 'nothing'
  /** Which license is revoked when the quantity decreases. */
  readonly lowerQuantity: 'newest_unused' | 'newest' | 'nothing'
  readonly emailChange: 'update' | 'keep'
  /** Whether a license gets the key that the provider has sent to the customer. */
  readonly importKeys: boolean
  readonly mail: RuleMail
}

export interface RuleMail {
  readonly key: boolean
  /** Whether the mail with the key has a license file, if the license can have one that works anywhere. */
  readonly file: boolean
  readonly expiring: boolean
  readonly pastDue: boolean
}

/** The values of fields that are omitted when a rule is created. They apply without a rule, too. */
export const ruleDefaults: RuleTerms = {
  quantityMeans: 'licenses',
  slackHours: 72,
  pastDue: 'suspend',
  pastDueDays: 0,
  fullRefund: 'revoke',
  partialRefund: 'nothing',
  dispute: 'suspend',
  disputeLost: 'revoke',
  lowerQuantity: 'newest_unused',
  emailChange: 'update',
  importKeys: false,
  mail: { key: true, file: false, expiring: false, pastDue: false },
}

/** Maps what was bought to a plan. No two rules have the same provider, target and value. */
export interface CheckoutRule extends RuleTerms {
  readonly id: string
  /** Starts at 1, and advances with every change. */
  readonly version: number
  /** Null applies to every provider. */
  readonly provider: Provider | null
  readonly target: RuleTarget
  /** The ID of the price, payment link or product, or the text in `metadata.licet_plan`. */
  readonly value: string
  readonly planSlug: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** The version of a rule that an event has used. */
export interface RuleUse {
  readonly ruleId: string
  readonly version: number
}

/**
 * Throws a Fault if licenses that the rule has granted would be left without a rule, which their
 * renewals and refunds need. `next` is null to delete it.
 */
export function requireStillMatching(
  rule: CheckoutRule,
  next: CheckoutRule | null,
  isUsed: boolean,
): void {
  const matchesSame =
    next !== null &&
    next.target === rule.target &&
    next.value === rule.value &&
    (next.provider === rule.provider || next.provider === null)
  if (!isUsed || matchesSame) return
  throw new Fault(
    'in_use',
    'The renewals and refunds of licenses that this rule has granted need it. To stop sales, stop selling this at the provider. For other items, create another rule.',
  )
}
