import { useState } from 'preact/hooks'
import type { CreateFileBody } from '~/wire/license-files.ts'
import type { License } from '~/wire/licenses.ts'
import { api, call, type Problem } from '../../shared/api.ts'
import { CopyButton } from '../../shared/copying.tsx'
import { Dialog } from '../../shared/dialog.tsx'
import { CheckField, errorAt, Form, TextField } from '../../shared/forms.tsx'
import { Icon } from '../../shared/icons.tsx'
import { saveFile } from '../../shared/save-file.ts'
import { useAction } from '../../shared/use-action.ts'
import { useCan } from '../session.tsx'

interface CreateFileProps {
  readonly license: License
  readonly onCreated: () => void
  readonly onClose: () => void
}

interface Draft {
  readonly fingerprint: string
  readonly name: string
  readonly domains: string
  readonly days: string
  readonly mail: boolean
}

const empty: Draft = { fingerprint: '', name: '', domains: '', days: '', mail: false }
const pointers = ['/fingerprint', '/name', '/domains', '/days', '/mail']

/** Creates a license file, and offers its text once, because it is not stored. */
export function CreateFileDialog({ license, onCreated, onClose }: CreateFileProps) {
  const [draft, setDraft] = useState(empty)
  const [text, setText] = useState<string | null>(null)
  const create = useAction(async (headers) => {
    const { file } = await call(
      api.licenses({ id: license.id }).file.post(toBody(draft), { headers }),
    )
    setText(file)
    onCreated()
  })
  return (
    <Dialog title={text === null ? 'Create license file' : 'License file'} onClose={onClose}>
      {text !== null ? (
        <NewFile text={text} license={license} onClose={onClose} />
      ) : (
        <Form
          action={create}
          onSubmit={() => create.run()}
          submit="Create file"
          onCancel={onClose}
          pointers={pointers}
        >
          <FileFields
            draft={draft}
            set={(changes) => setDraft((before) => ({ ...before, ...changes }))}
            problem={create.problem}
          />
        </Form>
      )}
    </Dialog>
  )
}

function toBody({ fingerprint, name, domains, days, mail }: Draft): CreateFileBody {
  const hosts = domains.split(/[\s,]+/).filter(Boolean)
  return {
    ...(fingerprint !== '' && { fingerprint }),
    ...(name.trim() !== '' && { name: name.trim() }),
    ...(hosts.length > 0 && { domains: hosts }),
    ...(days !== '' && { days: Number(days) }),
    ...(mail && { mail }),
  }
}

interface FileFieldsProps {
  readonly draft: Draft
  readonly set: (changes: Partial<Draft>) => void
  readonly problem: Problem | null
}

function FileFields({ draft, set, problem }: FileFieldsProps) {
  const can = useCan()
  return (
    <>
      <TextField
        label="Fingerprint"
        value={draft.fingerprint}
        onInput={(fingerprint) => set({ fingerprint })}
        hint="The app shows it. The file works on this device only, which takes a slot."
        isMono
        error={errorAt(problem, '/fingerprint')}
      />
      <TextField
        label="Name of the device"
        value={draft.name}
        onInput={(name) => set({ name })}
        error={errorAt(problem, '/name')}
      />
      <TextField
        label="Domains"
        value={draft.domains}
        onInput={(domains) => set({ domains })}
        hint="Separated by commas. Each takes a slot."
        error={errorAt(problem, '/domains')}
      />
      <TextField
        label="Days"
        type="number"
        value={draft.days}
        onInput={(days) => set({ days })}
        hint="As long as the plan allows, if empty."
        error={errorAt(problem, '/days')}
      />
      {can('checkout:write') && (
        <CheckField
          label="Send it to the customer by email"
          isChecked={draft.mail}
          onInput={(mail) => set({ mail })}
        />
      )}
    </>
  )
}

interface NewFileProps {
  readonly text: string
  readonly license: License
  readonly onClose: () => void
}

function NewFile({ text, license, onClose }: NewFileProps) {
  const download = () => saveFile(`${license.product}-${license.id}.lic`, 'text/plain', text)
  return (
    <div class="form">
      <p>Download the file now: its text is not stored. It can be saved or pasted as it is.</p>
      <textarea class="mono" readOnly rows={7} aria-label="License file" value={text} />
      <div class="dialog-actions">
        <CopyButton text={text} what="the license file" />
        <button type="button" class="plain" onClick={onClose}>
          Close
        </button>
        <button type="button" onClick={download}>
          <Icon name="download" /> Download
        </button>
      </div>
    </div>
  )
}
