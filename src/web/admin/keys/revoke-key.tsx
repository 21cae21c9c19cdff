import type { ApiKey } from '~/wire/api-keys.ts'
import { api, call } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { Ago } from '../../shared/format.tsx'
import { Form } from '../../shared/forms.tsx'
import { Notice } from '../../shared/states.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useSession } from '../session.tsx'

interface RevokeKeyProps {
  readonly apiKey: ApiKey
  readonly onClose: () => void
  readonly onRevoked: () => void
}

export function RevokeKeyDialog({ apiKey, onClose, onRevoked }: RevokeKeyProps) {
  const { session } = useSession()
  const isOwn = session.api_key?.id === apiKey.id
  const action = useAction(async () => {
    await call(api.keys({ id: apiKey.id }).delete())
    if (isOwn) {
      // The session has ended with its key.
      location.assign('/admin')
      return
    }
    toast(`API key ${apiKey.name} revoked.`)
    onRevoked()
    onClose()
  })
  return (
    <Dialog title={`Revoke ${apiKey.name}?`} onClose={onClose}>
      <Form action={action} onSubmit={action.run} onCancel={onClose} submit="Revoke" isDanger>
        {isOwn && (
          <Notice tone="warn">You have signed in with this key, so this signs you out.</Notice>
        )}
        <p>
          Requests with this key are refused at once, and sessions that began with it end. This
          cannot be undone.
        </p>
        {apiKey.last_used_at !== null && (
          <p class="muted">
            It was last used <Ago at={apiKey.last_used_at} />.
          </p>
        )}
      </Form>
    </Dialog>
  )
}
