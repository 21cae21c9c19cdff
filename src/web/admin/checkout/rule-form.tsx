import { useState } from 'preact/hooks'
import type { CreateRuleBody } from '~/wire/checkout-rules.ts'
import { Form } from '../../shared/forms.tsx'
import { Loading } from '../../shared/states.tsx'
import { type ActionHeaders, useAction } from '../../shared/use-action.ts'
import { type RuleDraft, toBody } from './rule-draft.ts'
import { MailFields, MatchFields } from './rule-fields.tsx'
import { TermFields } from './rule-terms.tsx'
import { usePlans } from './use-plans.ts'

const pointers = [
  '/provider',
  '/price',
  '/payment_link',
  '/product',
  '/metadata_plan',
  '/plan',
  '/past_due_days',
  '/slack_hours',
]

interface RuleFormProps {
  readonly initial: RuleDraft
  readonly submit: string
  readonly onSave: (body: CreateRuleBody, headers: ActionHeaders) => Promise<void>
}

export function RuleForm({ initial, submit, onSave }: RuleFormProps) {
  const plans = usePlans()
  const [draft, setDraft] = useState(initial)
  const edit = (changes: Partial<RuleDraft>) => setDraft((before) => ({ ...before, ...changes }))
  const action = useAction((headers) => onSave(toBody(draft), headers))
  const fields = { draft, onEdit: edit, problem: action.problem }
  return (
    <Loading loaded={plans} lines={8}>
      {(loaded) => (
        <Form action={action} onSubmit={action.run} submit={submit} pointers={pointers}>
          <MatchFields {...fields} plans={loaded} />
          <MailFields {...fields} />
          <TermFields {...fields} />
        </Form>
      )}
    </Loading>
  )
}
