import { useState } from 'preact/hooks'
import type { Webhook, WebhookWithSecret } from '~/wire/webhooks.ts'
import { api, call, type Problem } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { errorAt, Form, TextField } from '../../shared/forms.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { EventPatterns } from './event-patterns.tsx'

interface Draft {
  readonly url: string
  readonly description: string
  readonly events: readonly string[]
}

const pointers = ['/url', '/description', '/events']

const toBody = ({ url, description, events }: Draft) => ({
  url,
  description: description.trim() === '' ? null : description,
  events: [...events],
})

interface NewEndpointProps {
  readonly onClose: () => void
  readonly onCreated: (endpoint: WebhookWithSecret) => void
}

export function NewEndpoint({ onClose, onCreated }: NewEndpointProps) {
  const [draft, setDraft] = useState<Draft>({ url: '', description: '', events: ['*'] })
  const action = useAction(async (headers) => {
    onCreated(await call(api.webhooks.post(toBody(draft), { headers })))
  })
  return (
    <Dialog title="Add endpoint" onClose={onClose}>
      <Form
        action={action}
        onSubmit={action.run}
        submit="Add endpoint"
        onCancel={onClose}
        pointers={pointers}
      >
        <Fields draft={draft} onInput={setDraft} problem={action.problem} />
      </Form>
    </Dialog>
  )
}

interface EditEndpointProps {
  readonly endpoint: Webhook
  readonly onClose: () => void
  readonly onSaved: () => void
}

export function EditEndpoint({ endpoint, onClose, onSaved }: EditEndpointProps) {
  const { id, url, events } = endpoint
  const description = endpoint.description ?? ''
  const [draft, setDraft] = useState<Draft>({ url, events, description })
  const action = useAction(async (headers) => {
    await call(api.webhooks({ id }).put(toBody(draft), { headers }))
    toast('Endpoint saved.')
    onSaved()
  })
  return (
    <Dialog title="Edit endpoint" onClose={onClose}>
      <Form
        action={action}
        onSubmit={action.run}
        submit="Save endpoint"
        onCancel={onClose}
        pointers={pointers}
      >
        <Fields draft={draft} onInput={setDraft} problem={action.problem} />
      </Form>
    </Dialog>
  )
}

interface FieldsProps {
  readonly draft: Draft
  readonly onInput: (draft: Draft) => void
  readonly problem: Problem | null
}

function Fields({ draft, onInput, problem }: FieldsProps) {
  return (
    <>
      <TextField
        label="URL"
        type="url"
        placeholder="https://hooks.example.com/licet"
        value={draft.url}
        onInput={(url) => onInput({ ...draft, url })}
        error={errorAt(problem, '/url')}
        isRequired
      />
      <TextField
        label="Description"
        hint="What the endpoint is for. Only you see it."
        value={draft.description}
        onInput={(description) => onInput({ ...draft, description })}
        error={errorAt(problem, '/description')}
      />
      <EventPatterns
        patterns={draft.events}
        onInput={(events) => onInput({ ...draft, events })}
        error={errorAt(problem, '/events')}
      />
    </>
  )
}
