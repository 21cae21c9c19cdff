import type { RuleTarget } from '~/domain/checkout-rules.ts'
import type { Plan } from '~/wire/plans.ts'
import type { Problem } from '../../shared/api.ts'
import { CheckField, errorAt, SelectField, TextField } from '../../shared/forms.tsx'
import { providerNames, targetNames } from './checkout-words.ts'
import type { EditDraft, RuleDraft } from './rule-draft.ts'
import { toPlanOptions } from './use-plans.ts'

export interface RuleFieldsProps {
  readonly draft: RuleDraft
  readonly onEdit: EditDraft
  readonly problem: Problem | null
}

/** Asks what the rule matches, and the plan that it grants. */
export function MatchFields({
  draft,
  onEdit,
  problem,
  plans,
}: RuleFieldsProps & { plans: readonly Plan[] }) {
  const { provider, target, value, plan } = draft
  const options = toPlanOptions(plans)
  const isKnown = plan === '' || plans.some(({ slug }) => slug === plan)
  return (
    <fieldset class="field-group">
      <legend>Purchase</legend>
      <SelectField
        label="Shop"
        value={provider}
        onInput={(name) => onEdit({ provider: name })}
        options={[['', 'Any shop'], ...Object.entries(providerNames)]}
        error={errorAt(problem, '/provider')}
      />
      <SelectField
        label="Matches by"
        value={target}
        onInput={(name) => onEdit({ target: name as RuleTarget })}
        options={Object.entries(targetNames)}
      />
      <TextField
        label={`${targetNames[target]} at the shop`}
        isMono
        value={value}
        onInput={(text) => onEdit({ value: text })}
        error={errorAt(problem, `/${target}`)}
        isRequired
      />
      <SelectField
        label="Grants the plan"
        value={plan}
        onInput={(slug) => onEdit({ plan: slug })}
        options={[
          ...(plan === '' ? [['', 'Choose a plan'] as const] : []),
          ...(isKnown ? [] : [[plan, plan] as const]),
          ...options,
        ]}
        error={errorAt(problem, '/plan')}
      />
      <SelectField
        label="A quantity is the number of"
        value={draft.quantity_means}
        onInput={(means) => onEdit({ quantity_means: means as RuleDraft['quantity_means'] })}
        options={[
          ['licenses', 'licenses'],
          ['seats', 'seats of one license'],
          ['devices', 'devices of one license'],
        ]}
      />
    </fieldset>
  )
}

/** The emails that the customer gets. */
export function MailFields({ draft: { mail, import_keys: imports }, onEdit }: RuleFieldsProps) {
  const set = (changes: Partial<RuleDraft['mail']>) => onEdit({ mail: { ...mail, ...changes } })
  return (
    <fieldset class="field-group one">
      <legend>Emails and keys</legend>
      <CheckField
        label="Email the key of a new license"
        isChecked={mail.key}
        onInput={(key) => set({ key })}
      />
      <CheckField
        label="Attach a license file, for licenses without limits"
        isChecked={mail.file}
        onInput={(file) => set({ file })}
      />
      <CheckField
        label="Email before the license expires"
        isChecked={mail.expiring}
        onInput={(expiring) => set({ expiring })}
      />
      <CheckField
        label="Email when a payment failed"
        isChecked={mail.past_due}
        onInput={(past_due) => set({ past_due })}
      />
      <CheckField
        label="Use the key that the shop has sent to the customer"
        isChecked={imports}
        onInput={(isOn) => onEdit({ import_keys: isOn })}
      />
    </fieldset>
  )
}
