import { useState } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import { api, call } from '../../shared/api.ts'
import { errorAt, Form, TextField } from '../../shared/forms.tsx'
import { Page } from '../../shared/page.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { createDraft, toTerms } from './plan-draft.ts'
import { PlanFields, planPointers } from './plan-form.tsx'
import { suggestSlug } from './plan-texts.ts'

/** The form for a new plan of a product. */
export function NewPlanPage() {
  const product = useRoute().params.product ?? ''
  const { route } = useLocation()
  const [draft, setDraft] = useState(createDraft)
  const [slug, setSlug] = useState<string | null>(null)
  const chosenSlug = slug ?? suggestSlug(draft.name)

  const action = useAction(async (headers) => {
    const body = { slug: chosenSlug, product, ...toTerms(draft) }
    const plan = await call(api.plans.post(body, { headers }))
    toast(`Plan ${plan.name} created.`)
    route(`/admin/plans/${plan.slug}`)
  })

  return (
    <Page
      title="New plan"
      note={
        <>
          <a href="/admin/plans">Plans</a> of {product}
        </>
      }
    >
      <div class="sticky-actions">
        <Form
          action={action}
          onSubmit={action.run}
          onCancel={() => route('/admin/plans')}
          submit="Create plan"
          pointers={planPointers}
        >
          <PlanFields plan={null} draft={draft} onDraft={setDraft} problem={action.problem}>
            <TextField
              label="Slug"
              hint="The name of the plan in the API and in your shop. You cannot change it later."
              isMono
              value={chosenSlug}
              onInput={setSlug}
              error={errorAt(action.problem, '/slug') ?? errorAt(action.problem, '/product')}
            />
          </PlanFields>
        </Form>
      </div>
    </Page>
  )
}
