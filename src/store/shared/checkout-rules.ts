import { type CheckoutRule, type RuleTerms, ruleDefaults } from '~/domain/checkout-rules.ts'
import { Fault } from '~/domain/faults.ts'
import type { Provider } from '~/domain/purchases.ts'

/** A rule as it is stored. `provider` is empty for every provider. */
interface StoredRule
  extends Pick<
    CheckoutRule,
    'id' | 'version' | 'target' | 'value' | 'planSlug' | 'createdAtMs' | 'updatedAtMs'
  > {
  readonly position: number
  readonly provider: Provider | ''
  readonly terms: RuleTerms
}

/** Terms introduced after the rule was written have their default. */
export function toRule({ position: _order, provider, terms, ...row }: StoredRule): CheckoutRule {
  const mail = { ...ruleDefaults.mail, ...terms.mail }
  return { ...ruleDefaults, ...terms, mail, ...row, provider: provider === '' ? null : provider }
}

export function toRuleRow(rule: CheckoutRule): Omit<StoredRule, 'position'> {
  const { id, version, provider, target, value, planSlug, createdAtMs, updatedAtMs, ...terms } =
    rule
  const row = { id, version, target, value, planSlug, terms, createdAtMs, updatedAtMs }
  return { ...row, provider: provider ?? '' }
}

/** A rule that matches the same exists already. */
export function ruleTaken(id: string): Fault {
  return new Fault('already_exists', `Rule ${id} already matches this. Change that one instead.`)
}
