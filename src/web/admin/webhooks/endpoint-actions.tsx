import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { Webhook, WebhookWithSecret } from '~/wire/webhooks.ts'
import { api, call } from '../../shared/api.ts'
import { Confirm } from '../../shared/confirm.tsx'
import { ProblemNotice } from '../../shared/states.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useCan } from '../session.tsx'
import { EditEndpoint } from './endpoint-form.tsx'

interface EndpointActionsProps {
  readonly endpoint: Webhook
  readonly onChanged: () => void
}

/** The buttons beside the title of an endpoint. */
export function EndpointActions({ endpoint, onChanged }: EndpointActionsProps) {
  const can = useCan()
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null)
  const { id, enabled } = endpoint
  const test = useAction(async (headers) => {
    await call(api.webhooks({ id }).test.post({}, { headers }))
    toast('Test event sent. It appears in the deliveries below.')
  })
  const toggle = useAction(async (headers) => {
    await call(api.webhooks({ id }).put({ enabled: !enabled }, { headers }))
    toast(enabled ? 'Endpoint paused.' : 'Endpoint enabled.')
    onChanged()
  })
  if (!can('webhooks:write')) return null

  return (
    <>
      <ProblemNotice problem={test.problem ?? toggle.problem} />
      <button type="button" class="quiet danger" onClick={() => setOpen('delete')}>
        Delete
      </button>
      <button type="button" class="plain" onClick={() => setOpen('edit')}>
        Edit
      </button>
      <button
        type="button"
        class={enabled ? 'plain' : ''}
        aria-busy={toggle.isBusy}
        onClick={() => toggle.run()}
      >
        {enabled ? 'Pause' : 'Enable'}
      </button>
      {enabled && (
        <button type="button" aria-busy={test.isBusy} onClick={() => test.run()}>
          Send test event
        </button>
      )}
      {open === 'edit' && (
        <EditEndpoint
          endpoint={endpoint}
          onClose={() => setOpen(null)}
          onSaved={() => {
            setOpen(null)
            onChanged()
          }}
        />
      )}
      {open === 'delete' && <DeleteEndpoint endpoint={endpoint} onClose={() => setOpen(null)} />}
    </>
  )
}

function DeleteEndpoint({ endpoint, onClose }: { endpoint: Webhook; onClose: () => void }) {
  const { route } = useLocation()
  const action = useAction(async () => {
    await call(api.webhooks({ id: endpoint.id }).delete())
    toast('Endpoint deleted.')
    route('/admin/webhooks', true)
  })
  return (
    <Confirm
      title="Delete this endpoint?"
      submit="Delete endpoint"
      isDanger
      action={action}
      onConfirm={action.run}
      onClose={onClose}
    >
      <p>
        Licet stops posting to <b>{endpoint.url}</b>, and deletes the list of its deliveries. This
        cannot be undone. To stop only for a while, pause the endpoint.
      </p>
    </Confirm>
  )
}

interface EndpointSecretProps {
  readonly endpoint: Webhook
  readonly onRotated: (rotated: WebhookWithSecret) => void
}

/** The secret is stored, but never shown again: it can only be replaced. */
export function EndpointSecret({ endpoint, onRotated }: EndpointSecretProps) {
  const can = useCan()
  const [isOpen, setOpen] = useState(false)
  const action = useAction(async (headers) => {
    const { id } = endpoint
    onRotated(await call(api.webhooks({ id })['rotate-secret'].post({}, { headers })))
    setOpen(false)
  })
  return (
    <span class="row">
      <span class="muted">Shown only when it is created</span>
      {can('webhooks:write') && (
        <button type="button" class="plain tight" onClick={() => setOpen(true)}>
          Rotate secret
        </button>
      )}
      {isOpen && (
        <Confirm
          title="Rotate the secret?"
          submit="Rotate secret"
          action={action}
          onConfirm={action.run}
          onClose={() => setOpen(false)}
        >
          <p>
            You get a new secret. For 24 hours, each delivery is signed with the new and the old
            one, so your server keeps working while you replace it. After that, the old secret is of
            no use.
          </p>
        </Confirm>
      )}
    </span>
  )
}
