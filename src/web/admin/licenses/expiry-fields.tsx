import type { Plan } from '~/wire/plans.ts'
import { count } from '../../shared/format.tsx'
import { SelectField, TextField } from '../../shared/forms.tsx'
import type { LicenseDraft } from './license-draft.ts'
import type { PartProps } from './license-form.tsx'

/** When the license ends: as the plan says, on a day, or never. */
export function ExpiryFields({
  draft,
  plan,
  onInput,
  errorOf,
}: PartProps & { readonly plan: Plan }) {
  return (
    <div class="field-pair">
      <SelectField
        label="Expires"
        value={draft.expiry}
        onInput={(expiry) => onInput({ expiry: expiry as LicenseDraft['expiry'] })}
        error={draft.expiry === 'day' ? undefined : errorOf('/expires_at')}
        options={[
          ['plan', `As in the plan: ${describeTerm(plan)}`],
          ['day', 'On a day'],
          ['never', 'Never'],
        ]}
      />
      {draft.expiry === 'day' && (
        <TextField
          label="Last day"
          hint="It is valid until the end of this day in your time zone."
          type="date"
          value={draft.expiresOn}
          onInput={(expiresOn) => onInput({ expiresOn })}
          error={errorOf('/expires_at')}
        />
      )}
    </div>
  )
}

function describeTerm({ duration_days: days, starts_on: start }: Plan): string {
  if (days === null) return 'never'
  const begin = start === 'first_validation' ? 'the first validation' : 'today'
  return `${count(days, 'day')} from ${begin}`
}
