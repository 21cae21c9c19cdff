import { useState } from 'preact/hooks'
import type { Activation } from '~/wire/activations.ts'
import type { License } from '~/wire/licenses.ts'
import { api, call } from '../../shared/api.ts'
import { Confirm } from '../../shared/confirm.tsx'
import { errorAt, TextField } from '../../shared/forms.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { callAndWait, waiting } from '../edges/reach.ts'
import { undoWith } from './undo.ts'

interface ActivationDialogProps {
  readonly license: License
  readonly activation: Activation
  readonly onChanged: () => void
  readonly onClose: () => void
}

export function ReleaseDialog({ license, activation, onChanged, onClose }: ActivationDialogProps) {
  const { id, kind } = activation
  const release = useAction(async () => {
    const path = api.licenses({ id: license.id }).activations({ activation_id: id })
    const { reach } = await callAndWait(path.delete(undefined, { headers: waiting({}) }))
    toast(`${nounOf(kind)} released.${reach}`)
    onChanged()
    onClose()
  })
  return (
    <Confirm
      title={`Release ${activation.name ?? activation.value}`}
      submit={`Release ${kind}`}
      action={release}
      onConfirm={() => release.run()}
      onClose={onClose}
    >
      <p>
        Its slot becomes free. This cannot be undone here, but the app takes a slot again when it
        next validates or activates, if one is free.
      </p>
    </Confirm>
  )
}

export function MoveDialog({ license, activation, onChanged, onClose }: ActivationDialogProps) {
  const { id, kind, value } = activation
  const [to, setTo] = useState('')
  const path = api.licenses({ id: license.id }).activations.move
  const move = useAction(async (headers) => {
    const moving = path.post({ from: id, to }, { headers: waiting(headers) })
    const { data: moved, reach } = await callAndWait(moving)
    const back = () => call(path.post({ from: moved.id, to: value }))
    // A name belongs to its device, so what is moved back would have none.
    toast(
      `${nounOf(kind)} moved.${reach}`,
      activation.name === null ? undoWith(back, onChanged) : undefined,
    )
    onChanged()
    onClose()
  })
  return (
    <Confirm
      title={`Move ${activation.name ?? value}`}
      submit={`Move ${kind}`}
      action={move}
      onConfirm={() => move.run()}
      onClose={onClose}
    >
      <p>The slot passes to another {kind} in one step, without waiting for a free one.</p>
      <TextField
        label={kind === 'domain' ? 'New domain' : 'New fingerprint'}
        value={to}
        onInput={setTo}
        isMono={kind === 'device'}
        error={errorAt(move.problem, '/to')}
      />
    </Confirm>
  )
}

const nounOf = (kind: Activation['kind']) => (kind === 'domain' ? 'Domain' : 'Device')
