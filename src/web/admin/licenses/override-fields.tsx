import type { Plan } from '~/wire/plans.ts'
import { formatNumber } from '../../shared/format.tsx'
import { CheckField, Field, SelectField } from '../../shared/forms.tsx'
import { EntryFields } from './entry-fields.tsx'
import { type LimitDraft, type LimitName, limitNames } from './license-draft.ts'
import type { PartProps } from './license-form.tsx'

type OverrideProps = PartProps & { readonly plan: Plan }

const limitTexts: Readonly<Record<LimitName, string>> = {
  max_domains: 'Domains',
  max_devices: 'Devices',
  max_seats: 'Seats at once',
}

/** The limits of the license, with those of the plan as what applies without them. */
export function LimitFields({ draft, plan, onInput, errorOf }: OverrideProps) {
  const set = (name: LimitName, changes: Partial<LimitDraft>) =>
    onInput({ limits: { ...draft.limits, [name]: { ...draft.limits[name], ...changes } } })
  return (
    <div class="field-pair">
      {limitNames.map((name) => {
        const { text, isUnlimited } = draft.limits[name]
        return (
          <div key={name} class="limit-override">
            <Field
              label={limitTexts[name]}
              hint={`In the plan: ${presentLimit(plan[name])}`}
              error={errorOf(`/${name}`)}
            >
              {(control) => (
                <input
                  {...control}
                  type="text"
                  inputMode="numeric"
                  autocomplete="off"
                  placeholder={isUnlimited ? 'No limit' : presentLimit(plan[name])}
                  value={isUnlimited ? '' : text}
                  disabled={isUnlimited}
                  onInput={(event) =>
                    set(name, { text: event.currentTarget.value.replace(/\D/g, '') })
                  }
                />
              )}
            </Field>
            <CheckField
              label="No limit"
              isChecked={isUnlimited}
              onInput={(isChecked) => set(name, { isUnlimited: isChecked })}
            />
          </div>
        )
      })}
    </div>
  )
}

const presentLimit = (limit: number | null) => (limit === null ? 'no limit' : formatNumber(limit))

/** The features of the plan, each with its value and another one, and features that it lacks. */
export function FeatureFields({ draft, plan, onInput, errorOf }: OverrideProps) {
  const set = (name: string, text: string) =>
    onInput({ features: { ...draft.features, [name]: text } })
  const features = Object.entries(plan.features)
  return (
    <>
      {features.length > 0 && (
        <div class="field-pair">
          {features.map(([name, value]) => (
            <FeatureField
              key={name}
              name={name}
              value={value}
              text={draft.features[name] ?? ''}
              onInput={(text) => set(name, text)}
              error={errorOf(`/features/${name}`)}
            />
          ))}
        </div>
      )}
      <EntryFields
        title={features.length === 0 ? 'Features' : 'More features'}
        noun="feature"
        hint={
          features.length === 0 ? 'The plan has none.' : 'Features that the plan does not have.'
        }
        entries={draft.otherFeatures}
        onInput={(otherFeatures) => onInput({ otherFeatures })}
        error={errorOf('/features')}
      />
    </>
  )
}

interface FeatureProps {
  readonly name: string
  readonly value: boolean | number | string
  readonly text: string
  readonly onInput: (text: string) => void
  readonly error: string | undefined
}

function FeatureField({ name, value, text, onInput, error }: FeatureProps) {
  const hint = `In the plan: ${presentFeature(value)}`
  if (typeof value === 'boolean') {
    return (
      <SelectField
        label={name}
        hint={hint}
        value={text}
        onInput={onInput}
        error={error}
        options={[
          ['', 'As in the plan'],
          ['true', 'Yes'],
          ['false', 'No'],
        ]}
      />
    )
  }
  return (
    <Field label={name} hint={hint} error={error}>
      {(control) => (
        <input
          {...control}
          type="text"
          autocomplete="off"
          placeholder={presentFeature(value)}
          value={text}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

function presentFeature(value: boolean | number | string): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'number' ? formatNumber(value) : value
}
