import { useId, useState } from 'preact/hooks'
import { api, callAll } from '../../shared/api.ts'
import { SelectField, TextField } from '../../shared/forms.tsx'
import type { Filters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { actorKindChoices, knownActions } from './audit-texts.ts'

/** The filters. They are applied together, so that half a time never filters. */
export function AuditFilters({ filters }: { filters: Filters }) {
  const { values, set } = filters
  const [draft, setDraft] = useState({
    actor: values.actor ?? '',
    action: values.action ?? '',
    subject: values.subject_id ?? '',
    from: toLocal(values.from),
    to: toLocal(values.to),
  })
  const change = (changes: Partial<typeof draft>) => setDraft({ ...draft, ...changes })
  const actors = useActorChoices(draft.actor)
  const isFiltered = Object.values(draft).some((text) => text !== '')

  return (
    <search>
      <form
        class="toolbar audit-filters"
        onSubmit={(event) => {
          event.preventDefault()
          const { actor, action, subject, from, to } = draft
          set({
            actor,
            action: action.trim(),
            subject_id: subject.trim(),
            from: toTimestamp(from),
            to: toTimestamp(to),
          })
        }}
      >
        <SelectField
          label="Actor"
          value={draft.actor}
          onInput={(actor) => change({ actor })}
          options={actors}
        />
        <ActionField value={draft.action} onInput={(action) => change({ action })} />
        <TextField
          label="Subject"
          placeholder="ID or slug"
          value={draft.subject}
          onInput={(subject) => change({ subject })}
        />
        <TextField
          label="From"
          type="datetime-local"
          value={draft.from}
          onInput={(from) => change({ from })}
        />
        <TextField
          label="To"
          type="datetime-local"
          value={draft.to}
          onInput={(to) => change({ to })}
        />
        <span class="row">
          <button type="submit" class="plain tight">
            Filter
          </button>
          {isFiltered && (
            <a class="button quiet tight" href="/admin/audit">
              Clear
            </a>
          )}
        </span>
      </form>
    </search>
  )
}

function ActionField({ value, onInput }: { value: string; onInput: (value: string) => void }) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>Action</label>
      <input
        id={id}
        list={`${id}-list`}
        placeholder="Any action"
        autocomplete="off"
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <datalist id={`${id}-list`}>
        {knownActions.map((action) => (
          <option key={action} value={action} />
        ))}
      </datalist>
    </div>
  )
}

/** Returns the kinds of actors, and the operators and API keys that the person may see. */
function useActorChoices(current: string): readonly (readonly [string, string])[] {
  const can = useCan()
  const { data } = useLoad('actors', async () => {
    const [operators, keys] = await Promise.all([
      can('operators:read') ? callAll((query) => api.operators.get({ query })) : [],
      can('keys:read') ? callAll((query) => api.keys.get({ query })) : [],
    ])
    return [
      ...operators.map(({ id, name }) => [id, name] as const),
      ...keys.map(({ id, name }) => [id, `${name} (API key)`] as const),
    ]
  })
  const choices = [['', 'Anyone'] as const, ...actorKindChoices, ...(data ?? [])]
  const isKnown = choices.some(([value]) => value === current)
  return isKnown ? choices : [...choices, [current, current]]
}

/** Returns a time as its field has it, in the time zone of the person. */
function toLocal(timestamp: string | undefined): string {
  const ms = Date.parse(timestamp ?? '')
  if (Number.isNaN(ms)) return ''
  const offsetMs = new Date(ms).getTimezoneOffset() * 60_000
  return new Date(ms - offsetMs).toISOString().slice(0, 16)
}

function toTimestamp(local: string): string {
  const time = new Date(local)
  return Number.isNaN(time.getTime()) ? '' : `${time.toISOString().slice(0, 19)}Z`
}
