import { useState } from 'preact/hooks'
import type { CheckoutEvent } from '~/wire/checkout-events.ts'
import { api, call } from '../../shared/api.ts'
import { Confirm } from '../../shared/confirm.tsx'
import { CheckField } from '../../shared/forms.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'

interface ReplayDialogProps {
  readonly event: CheckoutEvent
  readonly onClose: () => void
  readonly onReplayed: () => void
}

export function ReplayDialog({ event: { id }, onClose, onReplayed }: ReplayDialogProps) {
  const [sendsMail, setSendsMail] = useState(false)
  const action = useAction(async (headers) => {
    await call(api.checkout.events({ id }).replay.post({ mail: sendsMail }, { headers }))
    toast('The event is processed again.')
    onReplayed()
  })
  return (
    <Confirm
      title="Replay this event?"
      submit="Replay event"
      action={action}
      onConfirm={action.run}
      onClose={onClose}
    >
      <p>
        Licet processes the event again with the rules as they are now. What it has already done is
        not done twice, so a license is never created again.
      </p>
      <CheckField
        label="Email the keys to the customer again"
        isChecked={sendsMail}
        onInput={setSendsMail}
      />
    </Confirm>
  )
}
