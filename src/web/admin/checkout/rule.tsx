import { useState } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import type { CheckoutRule } from '~/wire/checkout-rules.ts'
import { api, call } from '../../shared/api.ts'
import { Confirm } from '../../shared/confirm.tsx'
import { Time } from '../../shared/format.tsx'
import { Page } from '../../shared/page.tsx'
import { Loading } from '../../shared/states.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { toDraft } from './rule-draft.ts'
import { RuleForm } from './rule-form.tsx'
import { describeMatch } from './rules.tsx'

export function RulePage() {
  const id = useRoute().params.id ?? ''
  return <RuleView key={id} id={id} />
}

function RuleView({ id }: { id: string }) {
  const can = useCan()
  const rule = useLoad(`rule ${id}`, () => call(api.checkout.rules({ id }).get()))
  const [isDeleting, setDeleting] = useState(false)
  const { data } = rule
  const actions = data !== null && can('checkout:write') && (
    <button type="button" class="plain danger" onClick={() => setDeleting(true)}>
      Delete rule
    </button>
  )
  return (
    <Page
      title={data === null ? 'Rule' : describeMatch(data)}
      note={<a href="/admin/checkout/rules">All rules</a>}
      actions={actions}
    >
      <Loading loaded={rule} lines={8}>
        {(loaded) => (
          <>
            <p class="muted">
              Version {loaded.version}, changed <Time at={loaded.updated_at} />. Changes apply to
              events that are processed from now on.
            </p>
            {can('checkout:write') ? (
              <EditRule key={loaded.version} rule={loaded} onSaved={rule.reload} />
            ) : (
              <p>
                Grants the plan <b>{loaded.plan}</b>.
              </p>
            )}
            {isDeleting && <DeleteRule rule={loaded} onClose={() => setDeleting(false)} />}
          </>
        )}
      </Loading>
    </Page>
  )
}

function EditRule({ rule, onSaved }: { rule: CheckoutRule; onSaved: () => void }) {
  return (
    <RuleForm
      initial={toDraft(rule)}
      submit="Save rule"
      onSave={async (body, headers) => {
        await call(api.checkout.rules({ id: rule.id }).put(body, { headers }))
        toast('Rule saved.')
        onSaved()
      }}
    />
  )
}

function DeleteRule({ rule, onClose }: { rule: CheckoutRule; onClose: () => void }) {
  const { route } = useLocation()
  const action = useAction(async () => {
    await call(api.checkout.rules({ id: rule.id }).delete())
    toast('Rule deleted.')
    route('/admin/checkout/rules', true)
  })
  return (
    <Confirm
      title="Delete this rule?"
      submit="Delete rule"
      isDanger
      action={action}
      onConfirm={action.run}
      onClose={onClose}
    >
      <p>
        Purchases of <b>{describeMatch(rule)}</b> no longer create licenses. This cannot be undone,
        but you can create the same rule again.
      </p>
      {action.problem?.code === 'in_use' && (
        <p>
          <a href={`/admin/licenses?plan=${rule.plan}`}>
            Show the licenses of the plan {rule.plan}
          </a>
        </p>
      )}
    </Confirm>
  )
}
