import { useState } from 'preact/hooks'
import type { Operator } from '~/wire/operators.ts'
import { api, call } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { Form } from '../../shared/forms.tsx'
import { Notice } from '../../shared/states.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { GrantFields, grantPointers } from '../scopes/grant-fields.tsx'
import { useSession } from '../session.tsx'
import { SetupLinkView } from './setup-link.tsx'

interface DialogProps {
  readonly onClose: () => void
  /** Called when the change is stored. */
  readonly onDone: () => void
}

/** Creates an operator, and then a link for the first sign-in. */
export function NewOperatorDialog({ onClose, onDone }: DialogProps) {
  const { session } = useSession()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly string[]>(session.scopes)
  const [created, setCreated] = useState<Operator | null>(null)
  const action = useAction(async (headers) => {
    const body = { name: name.trim(), scopes: [...scopes] }
    setCreated(await call(api.operators.post(body, { headers })))
    onDone()
  })
  if (created !== null) return <LinkDialog operator={created} onClose={onClose} />
  return (
    <Dialog title="New operator" isWide onClose={onClose}>
      <Form
        action={action}
        onSubmit={action.run}
        onCancel={onClose}
        submit="Create operator"
        pointers={grantPointers}
      >
        <GrantFields
          name={name}
          onName={setName}
          nameHint="The audit shows it beside each change."
          scopes={scopes}
          onScopes={setScopes}
          problem={action.problem}
        />
      </Form>
    </Dialog>
  )
}

interface OperatorProps extends DialogProps {
  readonly operator: Operator
}

/** Renames an operator, or changes the scopes. */
export function EditOperatorDialog({ operator, onClose, onDone }: OperatorProps) {
  const { session } = useSession()
  const [name, setName] = useState(operator.name)
  const [scopes, setScopes] = useState<readonly string[]>(operator.scopes)
  const action = useAction(async () => {
    await call(api.operators({ id: operator.id }).put({ name: name.trim(), scopes: [...scopes] }))
    toast(`Operator ${name.trim()} saved.`)
    onDone()
    onClose()
    // The page shows what the person may do.
    if (session.operator?.id === operator.id) location.reload()
  })
  return (
    <Dialog title={`Edit ${operator.name}`} isWide onClose={onClose}>
      <Form
        action={action}
        onSubmit={action.run}
        onCancel={onClose}
        submit="Save operator"
        pointers={grantPointers}
      >
        <GrantFields
          name={name}
          onName={setName}
          scopes={scopes}
          onScopes={setScopes}
          problem={action.problem}
        />
      </Form>
    </Dialog>
  )
}

/** Disables an operator, or enables one who is disabled. */
export function DisableDialog({ operator, onClose, onDone }: OperatorProps) {
  const { session } = useSession()
  const isOwn = session.operator?.id === operator.id
  const isDisabled = operator.disabled_at !== null
  const action = useAction(async () => {
    await call(api.operators({ id: operator.id }).put({ disabled: !isDisabled }))
    if (isOwn) {
      location.assign('/admin')
      return
    }
    toast(`${operator.name} is ${isDisabled ? 'enabled' : 'disabled'}.`)
    onDone()
    onClose()
  })
  const verb = isDisabled ? 'Enable' : 'Disable'
  return (
    <Dialog title={`${verb} ${operator.name}?`} onClose={onClose}>
      <Form
        action={action}
        onSubmit={action.run}
        onCancel={onClose}
        submit={`${verb} operator`}
        isDanger={!isDisabled}
      >
        {isOwn && <Notice tone="warn">This is you, so this signs you out.</Notice>}
        <p>
          {isDisabled
            ? 'This person may sign in again, with a new link.'
            : 'All sessions and links of this person end at once. You can enable the operator again later.'}
        </p>
      </Form>
    </Dialog>
  )
}

/** Creates a link that signs an operator in once. */
export function LinkDialog({ operator, onClose }: Pick<OperatorProps, 'operator' | 'onClose'>) {
  return (
    <Dialog title={`Sign-in link for ${operator.name}`} onClose={onClose}>
      <SetupLinkView operator={operator} onClose={onClose} />
    </Dialog>
  )
}
