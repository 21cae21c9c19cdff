import type { UpdateLicenseBody } from '~/wire/license-requests.ts'
import type { License } from '~/wire/licenses.ts'
import { AreaField, errorAt } from '../../shared/forms.tsx'
import { EditDialog, type EditorProps, type Fields } from './edit-dialog.tsx'
import { fromEntries, toEntries } from './entries.ts'
import { EntryFields } from './entry-fields.tsx'
import type { EntryDraft } from './license-draft.ts'

interface Draft {
  readonly note: string
  readonly entries: readonly EntryDraft[]
}

/** Changes the metadata of a license. Its entry `note` has a field of its own. */
export function EditNotes(props: EditorProps) {
  return (
    <EditDialog
      {...props}
      title="Edit notes and metadata"
      pointers={['/metadata']}
      begin={begin}
      toChanges={toChanges}
    >
      {(fields) => <NoteFields {...fields} />}
    </EditDialog>
  )
}

function begin({ metadata: { note, ...metadata } }: License): Draft {
  return { note: note === undefined ? '' : String(note), entries: toEntries(metadata) }
}

function toChanges({ note, entries }: Draft, license: License): UpdateLicenseBody {
  const metadata = {
    ...(note.trim() !== '' && { note }),
    ...fromEntries(entries, license.metadata),
  }
  const isSame = JSON.stringify(sort(metadata)) === JSON.stringify(sort(license.metadata))
  return isSame ? {} : { metadata }
}

const sort = (map: object) => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))

function NoteFields({ draft, set, problem }: Fields<Draft>) {
  return (
    <>
      <AreaField
        label="Note"
        value={draft.note}
        onInput={(note) => set({ note })}
        hint="For your team. The customer does not see it."
      />
      <EntryFields
        title="Metadata"
        noun="entry"
        entries={draft.entries}
        onInput={(entries) => set({ entries })}
        error={errorAt(problem, '/metadata')}
      />
    </>
  )
}
