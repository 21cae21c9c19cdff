import type { Problem } from '../../shared/api.ts'
import { errorAt, SelectField, TextField } from '../../shared/forms.tsx'
import type { BulkAction, BulkInput } from './bulk-actions.ts'
import type { Choices } from './choices.ts'

interface FieldsProps {
  readonly action: BulkAction
  readonly input: BulkInput
  readonly onInput: (changes: Partial<BulkInput>) => void
  readonly problem: Problem | null
  readonly choices: Choices
}

/** The fields that an action needs. */
export function BulkFields({ action, input, onInput, problem, choices }: FieldsProps) {
  if (action === 'suspend' || action === 'revoke') {
    return (
      <TextField
        label="Reason"
        hint="Optional. Your team sees it in the history of each license, and webhooks contain it."
        value={input.reason}
        onInput={(reason) => onInput({ reason })}
        error={errorAt(problem, '/reason')}
      />
    )
  }
  if (action === 'renew') {
    return (
      <TextField
        label="Days to add"
        hint="Leave it empty to add the duration of each license's plan."
        inputMode="numeric"
        value={input.days}
        onInput={(days) => onInput({ days: days.replace(/\D/g, '') })}
        error={errorAt(problem, '/days')}
      />
    )
  }
  if (action === 'update') return <PlanFields {...{ input, onInput, problem, choices }} />
  return null
}

function PlanFields({ input, onInput, problem, choices }: Omit<FieldsProps, 'action'>) {
  const field = {
    label: 'New plan',
    value: input.plan,
    onInput: (plan: string) => onInput({ plan }),
    error: errorAt(problem, '/plan'),
  }
  return (
    <>
      {choices.plans.length === 0 ? (
        <TextField {...field} hint="Its slug." />
      ) : (
        <SelectField
          {...field}
          options={[
            ['', 'Choose a plan'],
            ...choices.plans.map(({ slug, name }) => [slug, name] as const),
          ]}
        />
      )}
      <SelectField
        label="Expiration of licenses that have started"
        value={input.expiry}
        onInput={(expiry) =>
          onInput({ expiry: expiry === 'keep' || expiry === 'plan' ? expiry : '' })
        }
        error={errorAt(problem, '/expiry')}
        options={[
          ['', 'The plans have the same duration'],
          ['keep', 'Keep it'],
          ['plan', 'Apply the duration of the new plan from now'],
        ]}
      />
    </>
  )
}
