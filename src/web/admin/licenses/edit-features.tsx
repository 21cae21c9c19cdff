import type { UpdateLicenseBody } from '~/wire/license-requests.ts'
import type { License } from '~/wire/licenses.ts'
import type { Plan } from '~/wire/plans.ts'
import { errorAt } from '../../shared/forms.tsx'
import { EditDialog, type EditorProps } from './edit-dialog.tsx'
import { fromEntries, toEntries } from './entries.ts'
import { EntryFields } from './entry-fields.tsx'
import type { EntryDraft } from './license-draft.ts'

interface Draft {
  readonly entries: readonly EntryDraft[]
}

/** Changes the features of one license. Those that are as in the plan follow it later, too. */
export function EditFeatures(props: EditorProps) {
  return (
    <EditDialog
      {...props}
      title="Edit features"
      pointers={['/features']}
      begin={({ features }): Draft => ({ entries: toEntries(features) })}
      toChanges={({ entries }, license) => toChanges(entries, license, props.plan)}
    >
      {({ draft, set, problem }) => (
        <>
          <p class="muted">
            Features of this license only. A feature with the value of its plan follows the plan;
            one of the plan cannot be removed, but set to false.
          </p>
          <EntryFields
            title="Features"
            noun="feature"
            entries={draft.entries}
            onInput={(entries) => set({ entries })}
            error={errorAt(problem, '/features')}
          />
        </>
      )}
    </EditDialog>
  )
}

type Features = License['features']

function toChanges(
  entries: readonly EntryDraft[],
  license: License,
  plan: Plan | null,
): UpdateLicenseBody {
  // No feature is null.
  const values = Object.entries(fromEntries(entries, license.features))
  const given = Object.fromEntries(values.map(([name, value]) => [name, value ?? '']))
  if (isSame(given, license.features)) return {}
  const inherited = plan?.features ?? {}
  const own = Object.entries(given).filter(([name, value]) => inherited[name] !== value)
  if (own.length > 0) return { features: Object.fromEntries(own) }
  return license.overrides.includes('features') ? { inherit: ['features'] } : {}
}

function isSame(a: Features, b: Features): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => a[name] === b[name])
}
