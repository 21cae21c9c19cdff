import { useState } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import type { Plan } from '~/wire/plans.ts'
import { api, call } from '../../shared/api.ts'
import { Time } from '../../shared/format.tsx'
import { Form } from '../../shared/forms.tsx'
import { Page } from '../../shared/page.tsx'
import { Loading, Notice } from '../../shared/states.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useLoad } from '../../shared/use-load.ts'
import { callAndWait, waiting } from '../edges/reach.ts'
import { useCan } from '../session.tsx'
import { DeletePlanDialog } from './delete-plan.tsx'
import { presentNotice } from './notice-texts.ts'
import { pickChanges, toDraft, toTerms } from './plan-draft.ts'
import { PlanFields, planPointers } from './plan-form.tsx'
import { LicenseCount } from './plans.tsx'

async function loadPlan(slug: string) {
  const [plan, uses] = await Promise.all([
    call(api.plans({ slug }).get()),
    call(api.overview.plans.get()),
  ])
  return { plan, use: uses.data.find((one) => one.plan === slug) }
}

/** One plan: who uses it, and all its terms. */
export function PlanPage() {
  const slug = useRoute().params.slug ?? ''
  const canWrite = useCan()('plans:write')
  const [isDeleting, setDeleting] = useState(false)
  const loaded = useLoad(`plan ${slug}`, () => loadPlan(slug))
  const plan = loaded.data?.plan
  const canChange = canWrite && plan !== undefined && plan.archived_at === null

  return (
    <Page
      title={plan?.name ?? slug}
      note={
        <>
          <a href="/admin/plans">Plans</a>
          {plan !== undefined && ` of ${plan.product}`}
        </>
      }
      actions={
        canChange && (
          <button type="button" class="plain danger" onClick={() => setDeleting(true)}>
            Delete plan
          </button>
        )
      }
    >
      <Loading loaded={loaded} lines={12}>
        {({ plan, use }) => (
          <>
            <dl class="facts">
              <dt>Slug</dt>
              <dd class="mono">{plan.slug}</dd>
              <dt>Licenses</dt>
              <dd>
                {use === undefined ? (
                  <a href={`/admin/licenses?plan=${plan.slug}`}>Show the licenses</a>
                ) : (
                  <LicenseCount plan={plan.slug} use={use} />
                )}
              </dd>
            </dl>
            <PlanNotices plan={plan} />
            <PlanEditor key={JSON.stringify(plan)} plan={plan} onSaved={loaded.reload} />
          </>
        )}
      </Loading>
      {isDeleting && plan !== undefined && (
        <DeletePlanDialog plan={plan} onClose={() => setDeleting(false)} />
      )}
    </Page>
  )
}

function PlanNotices({ plan }: { plan: Plan }) {
  if (plan.archived_at !== null) {
    return (
      <Notice>
        This plan was archived on <Time at={plan.archived_at} as="day" />. Only revoked licenses
        have it, and it cannot be changed.
      </Notice>
    )
  }
  if (plan.notices.length === 0) return null
  return (
    <Notice tone="warn">
      {plan.notices.map((text) => (
        <p key={text}>{presentNotice(text)}</p>
      ))}
    </Notice>
  )
}

function PlanEditor({ plan, onSaved }: { plan: Plan; onSaved: () => void }) {
  const canWrite = useCan()('plans:write')
  const { route } = useLocation()
  const [draft, setDraft] = useState(() => toDraft(plan))
  const action = useAction(async () => {
    const changes = pickChanges(toTerms(draft), plan)
    if (Object.keys(changes).length === 0) {
      toast('Nothing has changed.')
      return
    }
    const saving = api.plans({ slug: plan.slug }).put(changes, { headers: waiting({}) })
    const { reach } = await callAndWait(saving)
    toast(`Plan saved.${reach}`)
    onSaved()
  })
  const fields = (
    <PlanFields plan={plan} draft={draft} onDraft={setDraft} problem={action.problem} />
  )
  if (!canWrite || plan.archived_at !== null) {
    return (
      <fieldset class="field" disabled>
        {fields}
      </fieldset>
    )
  }
  return (
    <div class="sticky-actions">
      <Form
        action={action}
        onSubmit={action.run}
        onCancel={() => route('/admin/plans')}
        submit="Save changes"
        pointers={planPointers}
      >
        {fields}
      </Form>
    </div>
  )
}
