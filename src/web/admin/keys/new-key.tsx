import { useState } from 'preact/hooks'
import { api, call } from '../../shared/api.ts'
import { Secret } from '../../shared/copying.tsx'
import { Dialog } from '../../shared/dialog.tsx'
import { errorAt, Form, SelectField, TextField } from '../../shared/forms.tsx'
import { Notice } from '../../shared/states.tsx'
import { useAction } from '../../shared/use-action.ts'
import { GrantFields, grantPointers } from '../scopes/grant-fields.tsx'
import { useSession } from '../session.tsx'

const DAY_MS = 86_400_000

interface NewKeyProps {
  readonly onClose: () => void
  readonly onCreated: () => void
}

/** Creates an API key, then shows its token once. */
export function NewKeyDialog({ onClose, onCreated }: NewKeyProps) {
  const [created, setCreated] = useState<{ name: string; token: string | null } | null>(null)
  if (created === null) {
    return (
      <Dialog title="New API key" isWide onClose={onClose}>
        <NewKeyForm
          onClose={onClose}
          onCreated={(key) => {
            setCreated(key)
            onCreated()
          }}
        />
      </Dialog>
    )
  }
  return (
    <Dialog title={`API key ${created.name}`} onClose={onClose}>
      {created.token === null ? (
        <Notice tone="warn">
          The key exists, but its token was shown before and cannot be shown again. Revoke it and
          create another one.
        </Notice>
      ) : (
        <>
          <p>Copy the token now. It is not shown again.</p>
          <Secret text={created.token} what="the token" />
          <p class="muted small">
            Send it as <code>Authorization: Bearer …</code> with each request.
          </p>
        </>
      )}
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  )
}

interface FormProps {
  readonly onClose: () => void
  readonly onCreated: (key: { name: string; token: string | null }) => void
}

const periods = [
  ['', 'Never'],
  ['30', 'In 30 days'],
  ['90', 'In 90 days'],
  ['365', 'In a year'],
  ['date', 'On a day…'],
] as const

function NewKeyForm({ onClose, onCreated }: FormProps) {
  const { session } = useSession()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly string[]>([])
  // The session of a key that expires can only create keys that expire, too.
  const [period, setPeriod] = useState(session.api_key === null ? '' : '90')
  const [day, setDay] = useState('')
  const action = useAction(async (headers) => {
    const body = { name: name.trim(), scopes: [...scopes], expires_at: toExpiry(period, day) }
    onCreated(await call(api.keys.post(body, { headers })))
  })
  return (
    <Form
      action={action}
      onSubmit={action.run}
      onCancel={onClose}
      submit="Create API key"
      pointers={[...grantPointers, '/expires_at']}
    >
      <GrantFields
        name={name}
        onName={setName}
        nameHint="What uses it, such as billing. The audit shows it."
        scopes={scopes}
        onScopes={setScopes}
        problem={action.problem}
      />
      <div class="pair">
        <SelectField
          label="Expires"
          value={period}
          onInput={setPeriod}
          options={periods}
          error={period === 'date' ? undefined : errorAt(action.problem, '/expires_at')}
        />
        {period === 'date' && (
          <TextField
            label="Last day"
            type="date"
            value={day}
            onInput={setDay}
            error={errorAt(action.problem, '/expires_at')}
          />
        )}
      </div>
    </Form>
  )
}

/** Returns the end of a period from now, or of a day where the person is. */
function toExpiry(period: string, day: string): string | null {
  if (period === '') return null
  if (period === 'date') {
    const end = new Date(`${day}T23:59:59`)
    return Number.isNaN(end.getTime()) ? day : toSeconds(end)
  }
  return toSeconds(new Date(Date.now() + Number(period) * DAY_MS))
}

const toSeconds = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`
