import { useState } from 'preact/hooks'
import { api } from '../../shared/api.ts'
import { Secret } from '../../shared/copying.tsx'
import { Dialog } from '../../shared/dialog.tsx'
import { errorAt, Form, SelectField } from '../../shared/forms.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useSecret } from '../../shared/use-secret.ts'
import { callAndWait, waiting } from '../edges/reach.ts'
import type { ActionDialogProps } from './undo.ts'

const overlaps = [
  ['0', 'Stop it now'],
  ['24', 'Keep it for a day'],
  ['168', 'Keep it for a week'],
  ['720', 'Keep it for 30 days'],
] as const

/** Replaces the key, then shows the new one until the dialog closes, at most for a minute. */
export function RotateDialog({ license: { id }, reload, onClose }: ActionDialogProps) {
  const [overlap, setOverlap] = useState('0')
  const [isDone, setDone] = useState(false)
  const secret = useSecret()
  const rotate = useAction(async (headers) => {
    const body = { overlap_hours: Number(overlap) }
    const rotating = api.licenses({ id })['rotate-key'].post(body, { headers: waiting(headers) })
    const { data, reach } = await callAndWait(rotating)
    if (reach !== '') toast(`Key rotated.${reach}`)
    secret.show(data.key)
    setDone(true)
    reload()
  })
  return (
    <Dialog title={isDone ? 'The license has a new key' : 'Rotate key'} onClose={onClose}>
      {isDone ? (
        <NewKey text={secret.text} onClose={onClose} />
      ) : (
        <Form
          action={rotate}
          onSubmit={() => rotate.run()}
          submit="Rotate key"
          onCancel={onClose}
          pointers={['/overlap_hours']}
        >
          <p>
            The license gets a new key, which you send to the customer. Devices and domains stay
            activated. The old key cannot be brought back.
          </p>
          <SelectField
            label="Old key"
            value={overlap}
            onInput={setOverlap}
            options={overlaps}
            error={errorAt(rotate.problem, '/overlap_hours')}
          />
        </Form>
      )}
    </Dialog>
  )
}

function NewKey({ text, onClose }: { text: string | null; onClose: () => void }) {
  const isMasked = text?.includes('*') ?? true
  return (
    <div class="form">
      {text === null ? (
        <p class="muted">The key is hidden again. Reveal it on the page of the license.</p>
      ) : (
        <Secret text={text} what="the new license key" />
      )}
      <p class="muted">
        {isMasked
          ? 'The customer gets it by email: open Emails, then send the key.'
          : 'Send it to the customer, or open Emails to send it by email.'}
      </p>
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Done
        </button>
      </div>
    </div>
  )
}
