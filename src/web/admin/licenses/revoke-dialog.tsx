import { useState } from 'preact/hooks'
import { api } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { errorAt, Form, TextField } from '../../shared/forms.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { callAndWait, waiting } from '../edges/reach.ts'
import { lastFourOf } from './license-words.ts'
import type { ActionDialogProps } from './undo.ts'

/** Asks for the end of the key, because a revocation cannot be undone. */
export function RevokeDialog({ license: { id, key }, reload, onClose }: ActionDialogProps) {
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const [hint, setHint] = useState<string | undefined>(undefined)
  const lastFour = lastFourOf(key)
  const revoke = useAction(async (headers) => {
    const body = { reason: reason.trim() || null }
    const revoking = api.licenses({ id }).revoke.post(body, { headers: waiting(headers) })
    const { reach } = await callAndWait(revoking)
    toast(`License revoked.${reach}`)
    reload()
    onClose()
  })
  const submit = () => {
    if (typed.trim().toLowerCase() === lastFour.toLowerCase()) return revoke.run()
    setHint(`Type ${lastFour}, the last four characters of the key.`)
  }
  return (
    <Dialog title="Revoke license" onClose={onClose}>
      <Form
        action={revoke}
        onSubmit={submit}
        submit="Revoke license"
        isDanger
        onCancel={onClose}
        pointers={['/reason']}
      >
        <p>
          The license stops working at once and forever. <strong>This cannot be undone.</strong> To
          stop it for a while, suspend it instead.
        </p>
        <TextField
          label="Reason"
          value={reason}
          onInput={setReason}
          hint="For your team. Optional."
          error={errorAt(revoke.problem, '/reason')}
        />
        <TextField
          label={`Type ${lastFour} to confirm`}
          value={typed}
          onInput={(text) => {
            setTyped(text)
            setHint(undefined)
          }}
          isMono
          error={hint}
        />
      </Form>
    </Dialog>
  )
}
