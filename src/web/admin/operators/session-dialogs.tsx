import type { Session } from '~/wire/sessions.ts'
import { api, call } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { count } from '../../shared/format.tsx'
import { Form } from '../../shared/forms.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useSession } from '../session.tsx'

interface DialogProps {
  readonly onClose: () => void
  /** Called when sessions have ended. */
  readonly onDone: () => void
}

export function EndSessionDialog({
  session,
  onClose,
  onDone,
}: DialogProps & { readonly session: Session }) {
  const { session: own, signOut } = useSession()
  const isOwn = own.id === session.id
  const action = useAction(async () => {
    if (isOwn) return signOut()
    await call(api.sessions({ id: session.id }).delete())
    toast('Session ended.')
    onDone()
    onClose()
  })
  return (
    <Dialog title="End this session?" onClose={onClose}>
      <Form action={action} onSubmit={action.run} onCancel={onClose} submit="End session" isDanger>
        <p>
          {isOwn
            ? 'This is your own session, so this signs you out.'
            : `${session.operator?.name ?? session.api_key?.name} is signed out there at once, and can sign in again.`}
        </p>
      </Form>
    </Dialog>
  )
}

export function EndOthersDialog({ onClose, onDone }: DialogProps) {
  const action = useAction(async () => {
    const { ended } = await call(api.sessions.delete({}, { query: { keep_own: 'true' } }))
    toast(`${count(ended, 'session')} ended.`)
    onDone()
    onClose()
  })
  return (
    <Dialog title="End all other sessions?" onClose={onClose}>
      <Form action={action} onSubmit={action.run} onCancel={onClose} submit="End sessions" isDanger>
        <p>
          Everyone else is signed out at once, and can sign in again. Sessions with scopes that you
          lack are kept.
        </p>
      </Form>
    </Dialog>
  )
}
