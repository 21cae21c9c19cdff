import {
  type CheckoutRule,
  type RuleTarget,
  type RuleTerms,
  type RuleUse,
  ruleDefaults,
  ruleTargets,
} from './checkout-rules.ts'
import type { OfferedPlan, PurchaseSnapshot } from './purchase-decisions.ts'
import type { Provider, PurchaseItem } from './purchases.ts'

/** The plan and the terms under which an item is granted. `rule` is null if the item names its plan. */
export interface Offer extends OfferedPlan {
  readonly terms: RuleTerms
  readonly rule: RuleUse | null
}

/** An item that cannot be granted: a sentence says why, and what to do. */
export interface Unmatched {
  readonly reason: string
  /** Whether neither a rule nor the item itself names a plan. */
  readonly namesNoPlan: boolean
}

/** Returns the most specific rule that matches an item, or null. */
export function matchRule(
  provider: Provider,
  item: PurchaseItem,
  rules: readonly CheckoutRule[],
): CheckoutRule | null {
  const values = listValues(item)
  for (const target of ruleTargets) {
    const matches = rules.filter((rule) => rule.target === target && rule.value === values[target])
    const own = matches.find((rule) => rule.provider === provider)
    const match = own ?? matches.find((rule) => rule.provider === null)
    if (match !== undefined) return match
  }
  return null
}

/** An item with the ID of the rule that matches it; null if none does. */
export interface BoughtItem {
  readonly item: PurchaseItem
  readonly ruleId: string | null
}

/** Returns what was bought, with the rules that match it now. */
export function matchBoughtItems(
  provider: Provider,
  items: readonly PurchaseItem[],
  rules: readonly CheckoutRule[],
): readonly BoughtItem[] {
  return items.map((item) => ({ item, ruleId: matchRule(provider, item, rules)?.id ?? null }))
}

/** Returns the offer that applies to an item: that of a rule, or else the plan that it names. */
export function findOffer(
  { provider, rules, findPlan }: Pick<PurchaseSnapshot, 'provider' | 'rules' | 'findPlan'>,
  item: PurchaseItem,
): Offer | Unmatched {
  const rule = matchRule(provider, item, rules)
  const slug = rule?.planSlug ?? item.plan
  if (slug === null) return { reason: explainNoRule(provider, item), namesNoPlan: true }
  const offered = findPlan(slug)
  const subject = rule === null ? 'The purchase names' : `Rule ${rule.id} names`
  if (offered === null) {
    const reason = `${subject} the plan ${slug}, which does not exist. Create it, and the event is processed.`
    return { reason, namesNoPlan: false }
  }
  if (offered.plan.archivedAtMs !== null) {
    const reason = `${subject} the plan ${slug}, which is archived. ${ADD_RULE}`
    return { reason, namesNoPlan: false }
  }
  if (rule === null) return { ...offered, terms: ruleDefaults, rule: null }
  return { ...offered, terms: rule, rule: { ruleId: rule.id, version: rule.version } }
}

const ADD_RULE = 'Create or change a rule, and the event is processed.'

const nouns: Readonly<Record<RuleTarget, string>> = {
  price: 'price',
  payment_link: 'payment link',
  product: 'product',
  metadata_plan: 'plan',
}

const listValues = ({ price, product, paymentLink, plan }: PurchaseItem) => ({
  price,
  product,
  payment_link: paymentLink,
  metadata_plan: plan,
})

function explainNoRule(provider: Provider, item: PurchaseItem): string {
  const values = listValues(item)
  const named = ruleTargets.flatMap((target) =>
    values[target] === null ? [] : `${nouns[target]} ${values[target]}`,
  )
  if (named.length > 0) return `No rule matches ${named.join(' or ')}. ${ADD_RULE}`
  if (provider !== 'stripe') return `The purchase names no price or product. ${ADD_RULE}`
  return (
    'This session names no price. Use a payment link, set metadata.licet_plan, or set ' +
    'LICET_STRIPE_API_KEY, then replay the event.'
  )
}
