import { useState } from 'preact/hooks'
import type { Erasure } from '~/wire/customers.ts'
import { api, call } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { count } from '../../shared/format.tsx'
import { Form, TextField } from '../../shared/forms.tsx'
import { useAction } from '../../shared/use-action.ts'

interface DialogProps {
  readonly email: string
  readonly onClose: () => void
  /** Called once the customer is erased and the result has been read. */
  readonly onErased: () => void
}

/** Erases a customer after the address was typed, and then says what is out of reach. */
export function EraseDialog({ email, onClose, onErased }: DialogProps) {
  const [typed, setTyped] = useState('')
  const [isWrong, setWrong] = useState(false)
  const [erasure, setErasure] = useState<Erasure | null>(null)
  const action = useAction(async (headers) => {
    setErasure(await call(api.customers.erase.post({ customer_email: email }, { headers })))
  })
  if (erasure !== null) return <Result erasure={erasure} onClose={onErased} />

  return (
    <Dialog title="Erase data of a customer" onClose={onClose}>
      <p>
        The email address, names, reasons and device names are removed from licenses and events, and
        IP addresses and fingerprints from the usage. <strong>This cannot be undone.</strong>
      </p>
      <p class="muted">
        The licenses stay valid. Revoke them first if they should end, because afterwards nothing
        leads from the customer to them.
      </p>
      <Form
        action={action}
        onSubmit={() => {
          const isRight = typed.trim().toLowerCase() === email.toLowerCase()
          setWrong(!isRight)
          if (isRight) action.run()
        }}
        submit="Erase data"
        isDanger
        onCancel={onClose}
      >
        <TextField
          label="Type the email address to confirm"
          hint={<bdi>{email}</bdi>}
          value={typed}
          onInput={setTyped}
          error={isWrong ? 'This is not the email address of the customer.' : undefined}
        />
      </Form>
    </Dialog>
  )
}

function Result({ erasure, onClose }: { erasure: Erasure; onClose: () => void }) {
  return (
    <Dialog title="Data erased" onClose={onClose}>
      <dl class="facts">
        <dt>Licenses</dt>
        <dd>{count(erasure.license_ids.length, 'license')} redacted</dd>
        <dt>Events</dt>
        <dd>{count(erasure.events, 'event')} redacted</dd>
        <dt>Checkout</dt>
        <dd>{count(erasure.checkout_events, 'event')} deleted</dd>
        <dt>Usage</dt>
        <dd>{count(erasure.validations, 'validation')} without address and fingerprint</dd>
      </dl>
      {erasure.out_of_reach.length > 0 && (
        <div>
          <h3>Take care of these yourself</h3>
          <ul class="small">
            {erasure.out_of_reach.map((place) => (
              <li key={place}>{place}</li>
            ))}
          </ul>
        </div>
      )}
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  )
}
