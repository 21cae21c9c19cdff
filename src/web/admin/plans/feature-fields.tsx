import { errorAt } from '../../shared/forms.tsx'
import { Icon } from '../../shared/icons.tsx'
import type { FeatureDraft, FeatureKind } from './plan-draft.ts'
import { FieldSection, type GroupProps } from './plan-fields.tsx'

const kinds: readonly (readonly [kind: FeatureKind, text: string])[] = [
  ['yes', 'Yes'],
  ['no', 'No'],
  ['number', 'Number'],
  ['text', 'Text'],
]

/** The features of a plan, one row each. */
export function FeatureFields({ draft, set, problem }: GroupProps) {
  const { features } = draft
  const error = errorAt(problem, '/features')
  const change = (id: number, changes: Partial<FeatureDraft>) =>
    set({ features: features.map((one) => (one.id === id ? { ...one, ...changes } : one)) })
  const add = () => {
    const id = Math.max(-1, ...features.map((one) => one.id)) + 1
    set({ features: [...features, { id, name: '', kind: 'yes', value: '' }] })
  }

  return (
    <FieldSection title="Features" about="What apps learn from a validation, by name.">
      {error !== undefined && (
        <p class="error field" role="alert">
          <span class="error">{error}</span>
        </p>
      )}
      {features.map((feature, index) => (
        <FeatureRow
          key={feature.id}
          feature={feature}
          number={index + 1}
          onChange={(changes) => change(feature.id, changes)}
          onRemove={() => set({ features: features.filter((one) => one.id !== feature.id) })}
        />
      ))}
      <div>
        <button type="button" class="plain tight" onClick={add}>
          <Icon name="plus" size={16} /> Add feature
        </button>
      </div>
    </FieldSection>
  )
}

interface RowProps {
  readonly feature: FeatureDraft
  readonly number: number
  readonly onChange: (changes: Partial<FeatureDraft>) => void
  readonly onRemove: () => void
}

function FeatureRow({ feature, number, onChange, onRemove }: RowProps) {
  const { name, kind, value } = feature
  const hasValue = kind === 'number' || kind === 'text'
  return (
    <div class="feature-row">
      <input
        class="mono"
        aria-label={`Name of feature ${number}`}
        placeholder="Name"
        spellcheck={false}
        value={name}
        onInput={(event) => onChange({ name: event.currentTarget.value })}
      />
      <select
        aria-label={`Kind of feature ${number}`}
        value={kind}
        onInput={(event) => {
          const chosen = kinds.find(([one]) => one === event.currentTarget.value)
          if (chosen !== undefined) onChange({ kind: chosen[0] })
        }}
      >
        {kinds.map(([one, text]) => (
          <option key={one} value={one} selected={one === kind}>
            {text}
          </option>
        ))}
      </select>
      {hasValue ? (
        <input
          aria-label={`Value of feature ${number}`}
          placeholder="Value"
          inputMode={kind === 'number' ? 'decimal' : 'text'}
          value={value}
          onInput={(event) => onChange({ value: event.currentTarget.value })}
        />
      ) : (
        <span />
      )}
      <button
        type="button"
        class="quiet tight"
        aria-label={`Remove feature ${name || number}`}
        onClick={onRemove}
      >
        <Icon name="close" size={16} />
      </button>
    </div>
  )
}
