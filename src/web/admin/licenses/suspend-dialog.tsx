import { useState } from 'preact/hooks'
import { api, call } from '../../shared/api.ts'
import { Confirm } from '../../shared/confirm.tsx'
import { errorAt, TextField } from '../../shared/forms.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { callAndWait, waiting } from '../edges/reach.ts'
import { type ActionDialogProps, undoWith } from './undo.ts'

export function SuspendDialog({ license: { id }, reload, onClose }: ActionDialogProps) {
  const [reason, setReason] = useState('')
  const suspend = useAction(async (headers) => {
    const body = { reason: reason.trim() || null }
    const suspending = api.licenses({ id }).suspend.post(body, { headers: waiting(headers) })
    const { reach } = await callAndWait(suspending)
    const reinstate = () => call(api.licenses({ id }).reinstate.post({}))
    toast(`License suspended.${reach}`, undoWith(reinstate, reload))
    reload()
    onClose()
  })
  return (
    <Confirm
      title="Suspend license"
      submit="Suspend license"
      action={suspend}
      onConfirm={() => suspend.run()}
      onClose={onClose}
    >
      <p>
        Validations are refused from now on, until you reinstate the license. Devices and domains
        keep their slots.
      </p>
      <TextField
        label="Reason"
        value={reason}
        onInput={setReason}
        hint="For your team. Optional."
        error={errorAt(suspend.problem, '/reason')}
      />
    </Confirm>
  )
}
