import { useState } from 'preact/hooks'
import type { Operator, SetupLink } from '~/wire/operators.ts'
import { api, call } from '../../shared/api.ts'
import { Secret } from '../../shared/copying.tsx'
import { Time } from '../../shared/format.tsx'
import { Form } from '../../shared/forms.tsx'
import { Notice } from '../../shared/states.tsx'
import { useAction } from '../../shared/use-action.ts'

interface SetupLinkProps {
  readonly operator: Operator
  readonly onClose: () => void
}

/** Creates a link on request, then shows it once. */
export function SetupLinkView({ operator, onClose }: SetupLinkProps) {
  const [link, setLink] = useState<SetupLink | null>(null)
  const action = useAction(async (headers) => {
    setLink(await call(api.operators({ id: operator.id })['setup-link'].post({}, { headers })))
  })
  if (link === null) {
    return (
      <Form action={action} onSubmit={action.run} onCancel={onClose} submit="Create link">
        <p>
          The link signs in as {operator.name}, once, within 15 minutes. Give it to no one else.
        </p>
      </Form>
    )
  }
  return (
    <>
      {link.url === null ? (
        <Notice tone="warn">This link was shown before. Create another one.</Notice>
      ) : (
        <>
          <p>Copy the link now. It is not shown again.</p>
          <Secret text={new URL(link.url, location.origin).href} what="the link" />
          <p class="muted small">
            It works once, until <Time at={link.expires_at} />.
          </p>
        </>
      )}
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Done
        </button>
      </div>
    </>
  )
}
