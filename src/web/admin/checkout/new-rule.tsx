import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { api, call } from '../../shared/api.ts'
import { Page } from '../../shared/page.tsx'
import { toast } from '../../shared/toasts.tsx'
import { createDraft } from './rule-draft.ts'
import { RuleForm } from './rule-form.tsx'

export function NewRulePage() {
  const { route } = useLocation()
  const [initial] = useState(createDraft)
  return (
    <Page title="Add rule" note={<a href="/admin/checkout/rules">All rules</a>}>
      <RuleForm
        initial={initial}
        submit="Create rule"
        onSave={async (body, headers) => {
          const { id } = await call(api.checkout.rules.post(body, { headers }))
          toast('Rule created. Events that matched no rule are processed again.')
          route(`/admin/checkout/rules/${id}`, true)
        }}
      />
    </Page>
  )
}
