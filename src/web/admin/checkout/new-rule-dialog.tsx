import { useState } from 'preact/hooks'
import type { RuleTarget } from '~/domain/checkout-rules.ts'
import type { CheckoutEventWithBody } from '~/wire/checkout-events.ts'
import type { Plan } from '~/wire/plans.ts'
import { api, call } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { CheckField, errorAt, Form, SelectField } from '../../shared/forms.tsx'
import { Loading } from '../../shared/states.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { listTargets, targetNames } from './checkout-words.ts'
import type { Item } from './event-items.tsx'
import { toPlanOptions, usePlans } from './use-plans.ts'

interface NewRuleDialogProps {
  readonly event: CheckoutEventWithBody
  readonly onClose: () => void
  readonly onCreated: () => void
}

/** Makes a rule for what an event is about, after which the event is processed at once. */
export function NewRuleDialog(props: NewRuleDialogProps) {
  const plans = usePlans()
  const item = props.event.items.find((each) => each.rule_id === null)
  return (
    <Dialog title="Make a rule" onClose={props.onClose}>
      <Loading loaded={plans}>
        {(loaded) =>
          item === undefined || loaded.length === 0 ? (
            <p>
              A rule grants a plan, and there is none yet. <a href="/admin/plans">Create a plan</a>{' '}
              first.
            </p>
          ) : (
            <NewRuleForm {...props} item={item} plans={loaded} />
          )
        }
      </Loading>
    </Dialog>
  )
}

interface NewRuleFormProps extends NewRuleDialogProps {
  readonly item: Item
  readonly plans: readonly Plan[]
}

function NewRuleForm({ event: { provider }, item, plans, onClose, onCreated }: NewRuleFormProps) {
  const targets = listTargets(item)
  const [target, setTarget] = useState<RuleTarget>(targets[0]?.[0] ?? 'price')
  const [plan, setPlan] = useState(() => guessPlan(item, plans))
  const [sendsKey, setSendsKey] = useState(true)
  const action = useAction(async (headers) => {
    const body = { provider, [target]: item[target], plan, mail: { key: sendsKey } }
    await call(api.checkout.rules.post(body, { headers }))
    toast('Rule created. The event is processed now.')
    onCreated()
  })
  return (
    <Form
      action={action}
      onSubmit={action.run}
      submit="Create rule"
      onCancel={onClose}
      pointers={['/plan']}
    >
      <p>
        From now on, a purchase that matches creates a license. Events that no rule has matched so
        far are processed again at once.
      </p>
      <SelectField
        label="Matches"
        value={target}
        onInput={(chosen) => setTarget(chosen as RuleTarget)}
        options={targets.map(([name, value]) => [name, `${targetNames[name]} ${value}`])}
      />
      <SelectField
        label="Grants the plan"
        value={plan}
        onInput={setPlan}
        options={toPlanOptions(plans)}
        error={errorAt(action.problem, '/plan')}
      />
      <CheckField
        label="Email the key to the customer"
        isChecked={sendsKey}
        onInput={setSendsKey}
      />
    </Form>
  )
}

/** Returns the plan whose slug has most words in common with the item; else the first. */
function guessPlan(item: Item, plans: readonly Plan[]): string {
  const words = new Set(listTargets(item).flatMap(([, value]) => splitWords(value)))
  const scored = plans.map(({ slug }) => ({
    slug,
    score: splitWords(slug).filter((word) => words.has(word)).length,
  }))
  const best = scored.toSorted((one, other) => other.score - one.score)[0]
  return best?.slug ?? ''
}

const splitWords = (text: string) => text.toLowerCase().split(/[^a-z0-9]+/)
