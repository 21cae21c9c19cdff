import { eventGroups, typesOfGroup } from '../../shared/event-types.ts'
import { CheckField } from '../../shared/forms.tsx'

interface EventPatternsProps {
  /** Event types, groups such as `license.*`, or `*`. */
  readonly patterns: readonly string[]
  readonly onInput: (patterns: readonly string[]) => void
  readonly error: string | undefined
}

/** Chooses which events an endpoint gets: all, groups, or single types. */
export function EventPatterns({ patterns, onInput, error }: EventPatternsProps) {
  const isAll = patterns.includes('*')
  return (
    <fieldset class="field">
      <legend>Events</legend>
      <label class="check">
        <input type="radio" name="events" checked={isAll} onInput={() => onInput(['*'])} />
        <span>All events, also those of later versions</span>
      </label>
      <label class="check">
        <input type="radio" name="events" checked={!isAll} onInput={() => onInput([])} />
        <span>Only some</span>
      </label>
      {!isAll && (
        <div class="event-groups">
          {eventGroups.map((group) => (
            <EventGroup key={group} group={group} patterns={patterns} onInput={onInput} />
          ))}
        </div>
      )}
      {error !== undefined && <span class="error">{error}</span>}
    </fieldset>
  )
}

/** Test events are always delivered, so there is nothing to choose. */
const isChosen = (type: string) => type !== 'webhook.test'

function EventGroup({
  group,
  patterns,
  onInput,
}: Omit<EventPatternsProps, 'error'> & { group: string }) {
  const types = typesOfGroup(group).filter(isChosen)
  const whole = `${group}.*`
  const hasWhole = patterns.includes(whole)
  const toggle = (pattern: string, isOn: boolean) => {
    const others = patterns.filter((each) => each !== pattern)
    onInput(isOn ? [...others, pattern] : others)
  }
  const toggleWhole = (isOn: boolean) =>
    onInput([...patterns.filter((each) => !each.startsWith(`${group}.`)), ...(isOn ? [whole] : [])])

  return (
    <div>
      {types.length > 1 && (
        <CheckField
          label={<b>{`All ${group} events`}</b>}
          isChecked={hasWhole}
          onInput={toggleWhole}
        />
      )}
      {types.map((type) => (
        <CheckField
          key={type}
          label={<span class="mono">{type}</span>}
          isChecked={hasWhole || patterns.includes(type)}
          isDisabled={hasWhole}
          onInput={(isOn) => toggle(type, isOn)}
        />
      ))}
    </div>
  )
}
