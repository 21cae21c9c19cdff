import { useLocation } from 'preact-iso'
import type { Plan } from '~/wire/plans.ts'
import { api, call } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { Form } from '../../shared/forms.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'

interface DeletePlanProps {
  readonly plan: Plan
  readonly onClose: () => void
}

export function DeletePlanDialog({ plan, onClose }: DeletePlanProps) {
  const { route } = useLocation()
  const action = useAction(async () => {
    await call(api.plans({ slug: plan.slug }).delete())
    toast(`Plan ${plan.name} deleted.`)
    route('/admin/plans')
  })
  return (
    <Dialog title={`Delete ${plan.name}?`} onClose={onClose}>
      <Form action={action} onSubmit={action.run} onCancel={onClose} submit="Delete plan" isDanger>
        <p>
          This cannot be undone. If revoked licenses have this plan, it is archived instead: they
          still show it, and its slug cannot be used again.
        </p>
        {action.problem?.code === 'in_use' && (
          <p>
            <a href={`/admin/licenses?plan=${plan.slug}`}>Show the licenses of this plan</a>
          </p>
        )}
      </Form>
    </Dialog>
  )
}
