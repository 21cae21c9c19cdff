import { errorAt, SelectField, TextField } from '../../shared/forms.tsx'
import type { RuleDraft } from './rule-draft.ts'
import type { RuleFieldsProps } from './rule-fields.tsx'

const suspend = [
  ['suspend', 'Suspends the license'],
  ['nothing', 'Changes nothing'],
] as const
const revoke = [
  ['revoke', 'Revokes the license'],
  ['nothing', 'Changes nothing'],
] as const

type Choice = {
  [Name in keyof RuleDraft]: RuleDraft[Name] extends string ? Name : never
}[keyof RuleDraft]

const choices: readonly (readonly [
  name: Choice,
  label: string,
  options: readonly (readonly [string, string])[],
])[] = [
  ['past_due', 'A failed payment', suspend],
  ['full_refund', 'A full refund', revoke],
  ['partial_refund', 'A partial refund', revoke],
  ['dispute', 'A dispute', suspend],
  ['dispute_lost', 'A lost dispute', revoke],
  [
    'lower_quantity',
    'A lower quantity',
    [
      ['newest_unused', 'Revokes the newest unused license'],
      ['newest', 'Revokes the newest license'],
      ['nothing', 'Changes nothing'],
    ],
  ],
  [
    'email_change',
    'A new email address at the shop',
    [
      ['update', 'Updates the license'],
      ['keep', 'Changes nothing'],
    ],
  ],
]

/** Asks what follows from renewals, failed payments, refunds and disputes. */
export function TermFields({ draft, onEdit, problem }: RuleFieldsProps) {
  return (
    <fieldset class="field-group">
      <legend>What follows</legend>
      {choices.map(([name, label, options]) => (
        <SelectField
          key={name}
          label={label}
          value={draft[name]}
          onInput={(value) => onEdit({ [name]: value })}
          options={options}
          error={errorAt(problem, `/${name}`)}
        />
      ))}
      <TextField
        label="Days until a failed payment counts"
        type="number"
        inputMode="numeric"
        value={draft.past_due_days}
        onInput={(days) => onEdit({ past_due_days: days })}
        error={errorAt(problem, '/past_due_days')}
      />
      <TextField
        label="Hours of validity after a paid period"
        hint="Time for the payment of a renewal to arrive."
        type="number"
        inputMode="numeric"
        value={draft.slack_hours}
        onInput={(hours) => onEdit({ slack_hours: hours })}
        error={errorAt(problem, '/slack_hours')}
      />
    </fieldset>
  )
}
