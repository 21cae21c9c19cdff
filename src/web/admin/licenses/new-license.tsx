import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { License } from '~/wire/licenses.ts'
import { api, call, Problem } from '../../shared/api.ts'
import { Page } from '../../shared/page.tsx'
import { Bones, Empty, ProblemNotice } from '../../shared/states.tsx'
import { type ActionHeaders, useAction } from '../../shared/use-action.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { loadChoices } from './choices.ts'
import { IssuedKeys } from './issued-keys.tsx'
import { buildCreation, createDraft, type LicenseDraft } from './license-draft.ts'
import { LicenseForm } from './license-form.tsx'

/** The page on which people create licenses, or import one with its key. */
export function NewLicensePage() {
  return useCan()('licenses:write') ? <NewLicense /> : <Lacking />
}

function Lacking() {
  const problem = new Problem(403, {
    code: 'missing_scope',
    detail: 'You cannot create licenses, because your session lacks the scope licenses:write.',
  })
  return (
    <Page title="New license">
      <ProblemNotice problem={problem} />
    </Page>
  )
}

function NewLicense() {
  const [issued, setIssued] = useState<readonly License[] | null>(null)
  const choices = useLoad('plans', loadChoices)
  const action = useAction(async (headers: ActionHeaders, draft: LicenseDraft) => {
    setIssued(await create(headers, draft))
  })
  const { query, route } = useLocation()

  if (issued !== null) {
    return <IssuedKeys licenses={issued} onMore={() => setIssued(null)} />
  }
  const plans = choices.data?.plans ?? null
  return (
    <Page title="New license">
      <ProblemNotice problem={choices.problem} retry={choices.reload} />
      {plans === null && choices.problem === null && <Bones lines={8} />}
      {plans?.length === 0 && (
        <Empty title="There is no plan yet">
          <p>
            A license gets its limits and features from a plan.{' '}
            <a href="/admin/plans">Create a plan</a> first.
          </p>
        </Empty>
      )}
      {plans !== null && plans.length > 0 && (
        <LicenseForm
          plans={plans}
          start={createDraft({
            plan: plans.some(({ slug }) => slug === query.plan) ? (query.plan ?? '') : '',
            customerEmail: query.customer_email ?? '',
          })}
          action={action}
          onCancel={() => route('/admin/licenses')}
        />
      )}
    </Page>
  )
}

async function create(headers: ActionHeaders, draft: LicenseDraft): Promise<readonly License[]> {
  const body = buildCreation(draft)
  if (draft.quantity === '1') {
    const created = await call(api.licenses.post(body, { headers }))
    return 'data' in created ? created.data : [created]
  }
  const quantity = Number(draft.quantity)
  const { data } = await call(api.licenses.batch.post({ ...body, quantity }, { headers }))
  return data
}
