import { useState } from 'preact/hooks'
import type { CreatedEdge } from '~/wire/edges.ts'
import { api, call } from '../../shared/api.ts'
import { Command, Secret } from '../../shared/copying.tsx'
import { Dialog } from '../../shared/dialog.tsx'
import { errorAt, Form, TextField } from '../../shared/forms.tsx'
import { Notice } from '../../shared/states.tsx'
import { useAction } from '../../shared/use-action.ts'

interface NewEdgeProps {
  readonly onClose: () => void
  readonly onCreated: () => void
}

/** Creates an edge, then shows its token once, with the command that starts it. */
export function NewEdgeDialog({ onClose, onCreated }: NewEdgeProps) {
  const [name, setName] = useState('')
  const [created, setCreated] = useState<CreatedEdge | null>(null)
  const action = useAction(async (headers) => {
    setCreated(await call(api.edges.post({ name: name.trim() }, { headers })))
    onCreated()
  })
  if (created !== null) {
    return (
      <Dialog title={`Edge ${created.name}`} isWide onClose={onClose}>
        <Start token={created.token} />
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>
            Done
          </button>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title="New edge" onClose={onClose}>
      <Form
        action={action}
        onSubmit={action.run}
        submit="Create edge"
        onCancel={onClose}
        pointers={['/name']}
      >
        <TextField
          label="Name"
          value={name}
          onInput={setName}
          hint="Where it runs, such as eu-1."
          error={errorAt(action.problem, '/name')}
          isRequired
        />
      </Form>
    </Dialog>
  )
}

/** The token is null in the response to a request that was repeated. */
function Start({ token }: { token: string | null }) {
  if (token === null) {
    return (
      <Notice tone="warn">
        The edge exists, but its token was shown before and cannot be shown again. Revoke it and
        create another one.
      </Notice>
    )
  }
  return (
    <>
      <p>Copy the token now. It is not shown again, and each edge needs one of its own.</p>
      <Secret text={token} what="the token" />
      <p>Start the edge on a machine near your users. The list shows when it is connected.</p>
      <Command text={`LICET_EDGE_TOKEN=${token} \\\n  licet edge --primary ${location.origin}`} />
      <p class="muted small">
        Apps then validate at the address of the edge instead of this server’s.
      </p>
    </>
  )
}
