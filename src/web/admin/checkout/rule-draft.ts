import { type RuleTarget, ruleDefaults } from '~/domain/checkout-rules.ts'
import type { CheckoutRule, CreateRuleBody } from '~/wire/checkout-rules.ts'
import { listTargets } from './checkout-words.ts'

/** A rule while it is edited: numbers are texts, and an empty provider is any. */
export interface RuleDraft {
  readonly provider: string
  readonly target: RuleTarget
  readonly value: string
  readonly plan: string
  readonly quantity_means: CheckoutRule['quantity_means']
  readonly slack_hours: string
  readonly past_due: CheckoutRule['past_due']
  readonly past_due_days: string
  readonly full_refund: CheckoutRule['full_refund']
  readonly partial_refund: CheckoutRule['partial_refund']
  readonly dispute: CheckoutRule['dispute']
  readonly dispute_lost: CheckoutRule['dispute_lost']
  readonly lower_quantity: CheckoutRule['lower_quantity']
  readonly email_change: CheckoutRule['email_change']
  readonly import_keys: boolean
  readonly mail: CheckoutRule['mail']
}

/** Changes some fields of a draft. */
export type EditDraft = (changes: Partial<RuleDraft>) => void

/** A new rule, with the terms that apply by default. */
export function createDraft(): RuleDraft {
  const { mail } = ruleDefaults
  return {
    provider: '',
    target: 'price',
    value: '',
    plan: '',
    quantity_means: ruleDefaults.quantityMeans,
    slack_hours: String(ruleDefaults.slackHours),
    past_due: ruleDefaults.pastDue,
    past_due_days: String(ruleDefaults.pastDueDays),
    full_refund: ruleDefaults.fullRefund,
    partial_refund: ruleDefaults.partialRefund,
    dispute: ruleDefaults.dispute,
    dispute_lost: ruleDefaults.disputeLost,
    lower_quantity: ruleDefaults.lowerQuantity,
    email_change: ruleDefaults.emailChange,
    import_keys: ruleDefaults.importKeys,
    mail: { key: mail.key, file: mail.file, expiring: mail.expiring, past_due: mail.pastDue },
  }
}

export function toDraft(rule: CheckoutRule): RuleDraft {
  const { id: _id, version: _version, created_at: _created, updated_at: _updated, ...rest } = rule
  const { price, payment_link, product, metadata_plan, ...terms } = rest
  const [target, value] = listTargets(rule)[0] ?? ['price', '']
  return {
    ...terms,
    target,
    value,
    provider: rule.provider ?? '',
    slack_hours: String(rule.slack_hours),
    past_due_days: String(rule.past_due_days),
  }
}

/** Returns the request that creates or changes a rule. The server checks its values. */
export function toBody({ target, value, ...draft }: RuleDraft): CreateRuleBody {
  return {
    ...draft,
    provider:
      draft.provider === '' ? null : (draft.provider as CreateRuleBody['provider'] & string),
    [target]: value,
    slack_hours: toNumber(draft.slack_hours),
    past_due_days: toNumber(draft.past_due_days),
  }
}

/** An empty or wrong text becomes a number that the server refuses with a reason. */
const toNumber = (text: string) => (text.trim() === '' ? -1 : Number(text))
