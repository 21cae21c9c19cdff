import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { UpdateLicenseBody } from '~/wire/license-requests.ts'
import type { License } from '~/wire/licenses.ts'
import type { Plan } from '~/wire/plans.ts'
import type { Problem } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { Ago } from '../../shared/format.tsx'
import { Form } from '../../shared/forms.tsx'
import { formatValue, nameField } from './license-words.ts'
import { type Conflict, type LicenseEdit, useLicenseEdit } from './use-license-edit.ts'

export interface EditorProps {
  readonly license: License
  readonly plan: Plan | null
  readonly reload: () => void
  readonly onClose: () => void
}

/** The state of a form for its fields: the typed values, how to change them, and the problem. */
export interface Fields<Draft> {
  readonly draft: Draft
  readonly set: (changes: Partial<Draft>) => void
  readonly problem: Problem | null
  readonly license: License
}

interface EditDialogProps<Draft> extends EditorProps {
  readonly title: string
  readonly pointers: readonly string[]
  /** Fills the form with what the license has. */
  readonly begin: (license: License) => Draft
  /** Returns only what was changed in the form. */
  readonly toChanges: (draft: Draft, license: License) => UpdateLicenseBody
  readonly children: (fields: Fields<Draft>) => ComponentChildren
}

/** A dialog that changes some fields of a license, unless somebody else has changed it meanwhile. */
export function EditDialog<Draft>(props: EditDialogProps<Draft>) {
  const { title, license, reload, onClose } = props
  const edit = useLicenseEdit(license, () => {
    reload()
    onClose()
  })
  return (
    <Dialog title={title} onClose={onClose}>
      <EditForm key={edit.base.version} {...props} edit={edit} />
    </Dialog>
  )
}

function EditForm<Draft>(props: EditDialogProps<Draft> & { readonly edit: LicenseEdit }) {
  const { pointers, begin, toChanges, onClose, children, edit } = props
  const { base, save, conflict, startOver } = edit
  const [draft, setDraft] = useState(() => begin(base))
  const changes = toChanges(draft, base)
  return (
    <Form
      action={save}
      onSubmit={() => save.run(changes)}
      submit={conflict === null ? 'Save' : 'Overwrite'}
      isDanger={conflict !== null}
      onCancel={onClose}
      pointers={pointers}
    >
      {conflict !== null && (
        <ConflictNotice conflict={conflict} own={Object.keys(changes)} onReload={startOver} />
      )}
      {children({
        draft,
        set: (changed) => setDraft((before) => ({ ...before, ...changed })),
        problem: save.problem,
        license: base,
      })}
    </Form>
  )
}

interface ConflictProps {
  readonly conflict: Conflict
  /** The fields that the person has changed. */
  readonly own: readonly string[]
  readonly onReload: () => void
}

/** Says what has changed meanwhile, and what saving would overwrite. */
function ConflictNotice({ conflict: { by, differing }, own, onReload }: ConflictProps) {
  return (
    <div class="notice warn" role="alert">
      <div>
        <p>
          <strong>
            {by === null ? 'Somebody has' : `${by.name} has`} changed this license
            {by !== null && (
              <>
                {' '}
                <Ago at={by.at} />
              </>
            )}
            .
          </strong>{' '}
          Reload to begin again with its current values, or overwrite them with yours. Fields that
          you have not changed stay as they are now.
        </p>
        <ul class="changes">
          {differing.map(({ name, before, now }) => (
            <li key={name}>
              {nameField(name)}: {formatValue(name, before)} → <b>{formatValue(name, now)}</b>
              {own.includes(name) && ' (yours would replace it)'}
            </li>
          ))}
        </ul>
        <button type="button" class="plain tight" onClick={onReload}>
          Reload
        </button>
      </div>
    </div>
  )
}
