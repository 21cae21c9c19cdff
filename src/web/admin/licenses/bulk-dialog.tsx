import { useState } from 'preact/hooks'
import type { License } from '~/wire/licenses.ts'
import { api, call } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { count } from '../../shared/format.tsx'
import { Form, TextField } from '../../shared/forms.tsx'
import { toast } from '../../shared/toasts.tsx'
import { type ActionHeaders, useAction } from '../../shared/use-action.ts'
import { callAndWait, waiting } from '../edges/reach.ts'
import {
  type BulkAction,
  type BulkInput,
  buildBulkFields,
  bulkTexts,
  emptyInput,
} from './bulk-actions.ts'
import { BulkFields } from './bulk-fields.tsx'
import { BulkPreview } from './bulk-preview.tsx'
import type { Choices } from './choices.ts'
import type { Selected } from './selection.tsx'

interface DialogProps {
  readonly action: BulkAction
  readonly selected: Selected
  readonly choices: Choices
  readonly onClose: () => void
  readonly onDone: () => void
}

/** A dry run of an action, as the server answered it. */
export interface Preview {
  readonly data: readonly License[]
  readonly count: number
  readonly changed: number
}

/** Asks what an action needs, shows what it would do, and then does it. */
export function BulkDialog({ action, selected, choices, onClose, onDone }: DialogProps) {
  const [input, setInput] = useState<BulkInput>(emptyInput)
  const [preview, setPreview] = useState<Preview | null>(null)
  const { verb, effect } = bulkTexts[action]
  const body = { ...selected, ...buildBulkFields(action, input) }
  const change = async (headers: ActionHeaders) => {
    await apply(headers, body, preview)
    onDone()
  }
  const dryRun = useAction(async (headers) => {
    const {
      data,
      count = 0,
      changed = 0,
    } = await call(api.licenses.bulk.post({ ...body, dry_run: true }, { headers }))
    setPreview({ data, count, changed })
  })

  return (
    <Dialog title={action === 'update' ? 'Change the plan' : `${verb} licenses`} onClose={onClose}>
      <p class="muted">{effect}</p>
      {preview === null ? (
        <Form
          action={dryRun}
          onSubmit={dryRun.run}
          submit="Preview"
          onCancel={onClose}
          pointers={['/reason', '/days', '/plan', '/expiry']}
        >
          <BulkFields
            action={action}
            input={input}
            onInput={(changes) => setInput((before) => ({ ...before, ...changes }))}
            problem={dryRun.problem}
            choices={choices}
          />
        </Form>
      ) : (
        <Confirmation
          action={action}
          preview={preview}
          change={change}
          onBack={() => setPreview(null)}
        />
      )}
    </Dialog>
  )
}

interface ConfirmationProps {
  readonly action: BulkAction
  readonly preview: Preview
  readonly change: (headers: ActionHeaders) => Promise<void>
  readonly onBack: () => void
}

function Confirmation({ action, preview, change, onBack }: ConfirmationProps) {
  const [typed, setTyped] = useState('')
  const [isWrong, setWrong] = useState(false)
  const run = useAction(change)
  const { verb, isDanger = false } = bulkTexts[action]
  const number = String(preview.changed)

  return (
    <>
      <BulkPreview preview={preview} />
      {preview.changed === 0 ? (
        <div class="dialog-actions">
          <button type="button" class="plain" onClick={onBack}>
            Back
          </button>
        </div>
      ) : (
        <Form
          action={run}
          onSubmit={() => {
            const isRight = !isDanger || typed.trim() === number
            setWrong(!isRight)
            if (isRight) run.run()
          }}
          submit={
            action === 'update'
              ? `Change ${count(preview.changed, 'license')}`
              : `${verb} ${count(preview.changed, 'license')}`
          }
          isDanger={isDanger}
          onCancel={onBack}
        >
          {isDanger && (
            <TextField
              label={`Type ${number} to confirm`}
              inputMode="numeric"
              value={typed}
              onInput={setTyped}
              error={isWrong ? `Type ${number}, the number of licenses.` : undefined}
            />
          )}
        </Form>
      )}
    </>
  )
}

type Body = Selected & ReturnType<typeof buildBulkFields>

async function apply(headers: ActionHeaders, body: Body, preview: Preview | null): Promise<void> {
  const changing = api.licenses.bulk.post(body, { headers: waiting(headers) })
  const {
    data: { data },
    reach,
  } = await callAndWait(changing)
  const changed = preview?.changed ?? data.length
  const text = `${count(changed, 'license')} ${bulkTexts[body.action].done}${reach && `.${reach}`}`
  // Only if all have changed is reinstating them the inverse.
  const hasUndo = body.action === 'suspend' && changed === data.length
  toast(text, hasUndo ? () => reinstate(data.map(({ id }) => id)) : undefined)
}

async function reinstate(ids: readonly string[]): Promise<void> {
  const headers = { 'idempotency-key': crypto.randomUUID() }
  await call(api.licenses.bulk.post({ action: 'reinstate', ids: [...ids] }, { headers }))
  toast(`${count(ids.length, 'license')} reinstated`)
}
