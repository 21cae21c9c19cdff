import type { UpdateLicenseBody } from '~/wire/license-requests.ts'
import type { License } from '~/wire/licenses.ts'
import type { Plan } from '~/wire/plans.ts'
import { errorAt } from '../../shared/forms.tsx'
import { EditDialog, type EditorProps } from './edit-dialog.tsx'
import { type Entry, fromEntries, toEntries } from './entries.ts'
import { EntryFields } from './entry-fields.tsx'

interface Draft {
  readonly entries: readonly Entry[]
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
  entries: readonly Entry[],
  license: License,
  plan: Plan | null,
): UpdateLicenseBody {
  const given = parseFeatures(entries)
  if (isSame(given, license.features)) return {}
  const inherited = plan?.features ?? {}
  const own = Object.entries(given).filter(([name, value]) => inherited[name] !== value)
  if (own.length > 0) return { features: Object.fromEntries(own) }
  return license.overrides.includes('features') ? { inherit: ['features'] } : {}
}

/** A new feature that is called true or false is switched on or off. */
function parseFeatures(entries: readonly Entry[]): Features {
  const typed = entries.map((entry) => ({ ...entry, was: entry.was ?? guessType(entry.text) }))
  return Object.fromEntries(
    Object.entries(fromEntries(typed)).map(([name, value]) => [name, value ?? '']),
  )
}

function guessType(text: string): boolean | number | undefined {
  if (text === 'true' || text === 'false') return true
  return /^-?\d+(?:\.\d+)?$/.test(text) ? 0 : undefined
}

function isSame(a: Features, b: Features): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => a[name] === b[name])
}
