import type { Static } from '@sinclair/typebox'
import {
  type CheckoutRule as DomainRule,
  ruleDefaults,
  ruleTargets,
} from '~/domain/checkout-rules.ts'
import { invalidField } from '~/domain/faults.ts'
import type { Provider } from '~/domain/purchases.ts'
import { toTimestamp } from '~/domain/times.ts'
import { ProviderName } from './checkout-names.ts'
import { exampleId, Slug, Time } from './fields.ts'
import { parseFields, presentFields } from './names.ts'
import { buildText } from './text.ts'
import { Type } from './type.ts'

const REFERENCE_MAX = 255
const SLACK_HOURS_MAX = 8760
const PAST_DUE_DAYS_MAX = 365

const reference = (description: string) =>
  Type.Nullable(buildText('Reference', { minLength: 1, maxLength: REFERENCE_MAX, description }))

const targets = {
  price: reference('The ID of the price or variant that was bought.'),
  payment_link: reference('The ID of the Stripe payment link (plink_…) that was used.'),
  product: reference('The ID of the product that was bought.'),
  metadata_plan: reference('The text in `metadata.licet_plan`, if it is not the slug of a plan.'),
}

const suspendOrNot = (description: string) => Type.Literals(['suspend', 'nothing'], { description })
const revokeOrNot = (description: string) => Type.Literals(['revoke', 'nothing'], { description })

const Mail = Type.Object(
  {
    key: Type.Boolean({ description: 'Whether the customer gets the key of a new license.' }),
    file: Type.Boolean({
      description:
        'Whether the email with the key also has a license file, for licenses without limits.',
    }),
    expiring: Type.Boolean({ description: 'Whether the customer is told that it expires soon.' }),
    past_due: Type.Boolean({ description: 'Whether the customer is told that a payment failed.' }),
  },
  { title: 'CheckoutRuleMail', additionalProperties: false },
)

const terms = {
  quantity_means: Type.Literals(['licenses', 'seats', 'devices'], {
    description: 'Whether a quantity is the number of licenses, or a limit of one license.',
  }),
  slack_hours: Type.IntegerBetween(
    0,
    SLACK_HOURS_MAX,
    `How many hours a license stays valid after the paid period, 0–${SLACK_HOURS_MAX}.`,
  ),
  past_due: suspendOrNot('Whether a failed payment suspends the license.'),
  past_due_days: Type.IntegerBetween(
    0,
    PAST_DUE_DAYS_MAX,
    `How many days after the failed payment it is suspended, 0–${PAST_DUE_DAYS_MAX}.`,
  ),
  full_refund: revokeOrNot('Whether a full refund revokes the license.'),
  partial_refund: revokeOrNot('Whether a partial refund revokes the license.'),
  dispute: suspendOrNot('Whether a dispute suspends the license.'),
  dispute_lost: revokeOrNot('Whether a lost dispute revokes the license.'),
  lower_quantity: Type.Literals(['newest_unused', 'newest', 'nothing'], {
    description: 'Which license a lower quantity revokes.',
  }),
  email_change: Type.Literals(['update', 'keep'], {
    description: 'Whether the license follows a new email address at the provider.',
  }),
  import_keys: Type.Boolean({
    description: 'Whether the license gets the key that the provider has sent to the customer.',
  }),
}

const termNames = [
  'quantity_means',
  'slack_hours',
  'past_due',
  'past_due_days',
  'full_refund',
  'partial_refund',
  'dispute',
  'dispute_lost',
  'lower_quantity',
  'email_change',
  'import_keys',
] as const satisfies readonly (keyof typeof terms)[]

const provider = Type.Nullable(ProviderName)

const example = {
  id: exampleId('rule'),
  version: 1,
  provider: 'stripe',
  price: 'price_professional',
  payment_link: null,
  product: null,
  metadata_plan: null,
  plan: 'professional',
  ...presentFields(ruleDefaults, termNames),
  mail: { key: true, file: false, expiring: false, past_due: false },
  created_at: '2026-03-06T12:00:00Z',
  updated_at: '2026-03-06T12:00:00Z',
}

export const CheckoutRule = Type.Response(
  'CheckoutRule',
  'A rule that maps what was bought to a plan, and says what follows from a purchase.',
  example,
  {
    id: Type.String(),
    version: Type.Count('Starts at 1, and advances with every change.'),
    provider,
    ...targets,
    plan: Type.Described('Slug of the plan.'),
    ...terms,
    mail: Mail,
    created_at: Time,
    updated_at: Time,
  },
)
export type CheckoutRule = Static<typeof CheckoutRule>

const given = {
  provider: {
    ...provider,
    description: `The provider; null for all of them. ${ProviderName.description}`,
  },
  ...targets,
  plan: Slug,
  ...terms,
  mail: Type.Object(Type.Optionals(Mail.properties), {
    title: 'CheckoutRuleMailRequest',
    additionalProperties: false,
    description: 'The emails that the customer gets. Those that are omitted stay as they are.',
  }),
}

export const CreateRuleBody = Type.Request(
  'CreateCheckoutRuleRequest',
  [{ provider: 'stripe', price: 'price_professional', plan: 'professional' }],
  { ...Type.Optionals(given), plan: Slug },
)
export type CreateRuleBody = Static<typeof CreateRuleBody>

export const UpdateRuleBody = Type.Request(
  'UpdateCheckoutRuleRequest',
  [{ slack_hours: 24, mail: { expiring: true } }],
  Type.Optionals(given),
)
export type UpdateRuleBody = Static<typeof UpdateRuleBody>

export function presentRule(rule: DomainRule): CheckoutRule {
  const value = (target: DomainRule['target']) => (rule.target === target ? rule.value : null)
  const { key, file, expiring, pastDue } = rule.mail
  return {
    id: rule.id,
    version: rule.version,
    provider: rule.provider,
    price: value('price'),
    payment_link: value('payment_link'),
    product: value('product'),
    metadata_plan: value('metadata_plan'),
    plan: rule.planSlug,
    ...presentFields(rule, termNames),
    mail: { key, file, expiring, past_due: pastDue },
    created_at: toTimestamp(rule.createdAtMs),
    updated_at: toTimestamp(rule.updatedAtMs),
  }
}

type Edit = Omit<DomainRule, 'id' | 'version' | 'createdAtMs' | 'updatedAtMs' | 'planSlug'>

/** Returns a rule as a request changes it. Throws `validation_failed` without exactly one target. */
export function parseRule<Former extends Omit<Edit, 'target' | 'value'> & Partial<DomainRule>>(
  body: UpdateRuleBody,
  former: Former,
): Former & Edit {
  const { provider = former.provider, plan, mail, ...rest } = body
  const { price, payment_link, product, metadata_plan, ...given } = rest
  const { past_due: pastDue = former.mail.pastDue, ...mails } = mail ?? {}
  const match = parseTarget({ price, payment_link, product, metadata_plan }, former)
  checkMatch(match, provider)
  return {
    ...former,
    ...parseFields(given),
    ...match,
    provider,
    ...(plan !== undefined && { planSlug: plan }),
    mail: { ...former.mail, ...mails, pastDue },
  }
}

type Match = Pick<DomainRule, 'target' | 'value'>

type Targets = {
  readonly [Target in DomainRule['target']]: UpdateRuleBody[Target] | undefined
}

function parseTarget(body: Targets, former: Partial<Match>): Match {
  const named = ruleTargets.flatMap((target) => {
    const value = body[target]
    return value == null ? [] : [{ target, value: value.trim() }]
  })
  const [first, second] = named
  if (second !== undefined) {
    const detail = `A rule matches by one of ${ruleTargets.join(', ')}. Create another rule for the other.`
    throw invalidField(`/${second.target}`, detail)
  }
  if (first !== undefined) return first
  const { target, value } = former
  if (target !== undefined && value !== undefined && body[target] === undefined) {
    return { target, value }
  }
  const detail = `A rule needs something to match. Send one of ${ruleTargets.join(', ')}.`
  throw invalidField(`/${target ?? 'price'}`, detail)
}

/** Rejects a rule that could never match. */
function checkMatch({ target }: Match, provider: Provider | null): void {
  if (target === 'payment_link' && provider !== null && provider !== 'stripe') {
    throw invalidField('/payment_link', 'Only Stripe has payment links. Use a price or a product.')
  }
  if (target === 'metadata_plan' && (provider === 'paddle' || provider === 'lemonsqueezy')) {
    const detail =
      'Buyers can change the metadata at this provider, so it never chooses a plan. Use a price or a product.'
    throw invalidField('/metadata_plan', detail)
  }
}
