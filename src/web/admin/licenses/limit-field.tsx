import type { UpdateLicenseBody } from '~/wire/license-requests.ts'
import type { License } from '~/wire/licenses.ts'
import type { Plan } from '~/wire/plans.ts'
import { Field } from '../../shared/forms.tsx'
import { type LimitName, limitNames } from './license-draft.ts'
import { formatValue, nameField } from './license-words.ts'

export interface LimitChoice {
  readonly kind: 'plan' | 'own' | 'none'
  readonly text: string
}
export type LimitChoices = Readonly<Record<LimitName, LimitChoice>>

/** Fills the fields with the limits that a license has. */
export function beginLimits(license: License): LimitChoices {
  const begin = (name: LimitName): LimitChoice => {
    const limit = license[name]
    const own = limit === null ? 'none' : 'own'
    return {
      kind: license.overrides.includes(name) ? own : 'plan',
      text: limit === null ? '' : String(limit),
    }
  }
  return {
    max_domains: begin('max_domains'),
    max_devices: begin('max_devices'),
    max_seats: begin('max_seats'),
  }
}

/** Returns the limits that differ from those of the license. */
export function toLimitChanges(draft: LimitChoices, license: License): UpdateLicenseBody {
  const was = beginLimits(license)
  const changed = limitNames.filter((name) => {
    const { kind, text } = draft[name]
    return kind !== was[name].kind || (kind === 'own' && text !== was[name].text)
  })
  const inherit = changed.filter((name) => draft[name].kind === 'plan')
  const own = changed
    .filter((name) => draft[name].kind !== 'plan')
    .map((name) => [name, draft[name].kind === 'none' ? null : toNumber(draft[name].text)])
  return { ...Object.fromEntries(own), ...(inherit.length > 0 && { inherit }) }
}

/** An empty field is neither 0 nor no limit, so the server refuses it. */
const toNumber = (text: string) => (text.trim() === '' ? -1 : Number(text))

interface LimitFieldProps {
  readonly name: LimitName
  readonly draft: LimitChoice
  readonly onInput: (draft: LimitChoice) => void
  readonly plan: Plan | null
  readonly error: string | undefined
}

export function LimitField({ name, draft, onInput, plan, error }: LimitFieldProps) {
  const inherited = plan === null ? '' : `: ${formatValue(name, plan[name]).toLowerCase()}`
  const kinds = [
    ['plan', `As in the plan${inherited}`],
    ['own', 'Own limit'],
    ['none', 'No limit'],
  ] as const
  const pick = (text: string) =>
    onInput({ ...draft, kind: kinds.find(([kind]) => kind === text)?.[0] ?? 'plan' })
  return (
    <Field label={nameField(name)} error={error}>
      {(control) => (
        <div class="limit-field">
          <select
            {...control}
            value={draft.kind}
            onInput={(event) => pick(event.currentTarget.value)}
          >
            {kinds.map(([kind, text]) => (
              <option key={kind} value={kind} selected={kind === draft.kind}>
                {text}
              </option>
            ))}
          </select>
          {draft.kind === 'own' && (
            <input
              type="number"
              min={0}
              aria-label={`${nameField(name)} of this license`}
              value={draft.text}
              onInput={(event) => onInput({ ...draft, text: event.currentTarget.value })}
            />
          )}
        </div>
      )}
    </Field>
  )
}
