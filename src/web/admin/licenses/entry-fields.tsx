import { useId } from 'preact/hooks'
import { Icon } from '../../shared/icons.tsx'
import type { EntryDraft } from './license-draft.ts'

interface EntriesProps {
  readonly title: string
  /** The noun on the button that adds one, such as `feature`. */
  readonly noun: string
  readonly hint?: string
  readonly entries: readonly EntryDraft[]
  readonly onInput: (entries: readonly EntryDraft[]) => void
  readonly error?: string | undefined
}

/** Names with values, as many as are needed. */
export function EntryFields({ title, noun, hint, entries, onInput, error }: EntriesProps) {
  const id = useId()
  const change = (index: number, changes: Partial<EntryDraft>) =>
    onInput(entries.map((entry, at) => (at === index ? { ...entry, ...changes } : entry)))
  return (
    <fieldset class="field" aria-describedby={error === undefined ? undefined : id}>
      <legend>{title}</legend>
      {entries.map((entry, index) => (
        <div key={index} class="entry">
          <input
            aria-label={`Name of ${noun} ${index + 1}`}
            aria-invalid={error === undefined ? undefined : 'true'}
            placeholder="Name"
            autocomplete="off"
            value={entry.name}
            onInput={(event) => change(index, { name: event.currentTarget.value })}
          />
          <input
            aria-label={`Value of ${noun} ${index + 1}`}
            placeholder="true, 10 or a text"
            autocomplete="off"
            value={entry.text}
            onInput={(event) => change(index, { text: event.currentTarget.value })}
          />
          <button
            type="button"
            class="quiet tight"
            aria-label={`Remove ${noun} ${index + 1}`}
            onClick={() => onInput(entries.filter((_, at) => at !== index))}
          >
            <Icon name="close" size={16} />
          </button>
        </div>
      ))}
      {error !== undefined && (
        <span id={id} class="error">
          {error}
        </span>
      )}
      <div class="row">
        <button
          type="button"
          class="plain tight"
          onClick={() => onInput([...entries, { name: '', text: '' }])}
        >
          <Icon name="plus" size={14} /> Add {noun === 'entry' ? 'an entry' : `a ${noun}`}
        </button>
        {hint !== undefined && <span class="hint">{hint}</span>}
      </div>
    </fieldset>
  )
}
