import { type EntryDraft, parseValue } from './license-draft.ts'

type Value = string | number | boolean | null
type ValueMap = Readonly<Record<string, Value>>

/** Returns the lines in which people edit metadata or features. */
export function toEntries(map: ValueMap): EntryDraft[] {
  return Object.entries(map).map(([name, value]) => ({ name, text: String(value) }))
}

/** Returns the map of the lines, without those that have no name. What was a text remains one. */
export function fromEntries(
  entries: readonly EntryDraft[],
  former: ValueMap,
): Record<string, Value> {
  const named = entries.filter(({ name }) => name.trim() !== '')
  return Object.fromEntries(
    named.map(({ name, text }) => [name.trim(), toValue(text, former[name.trim()])]),
  )
}

function toValue(text: string, former: Value | undefined): Value {
  if (typeof former === 'string') return text
  return former === null && text === 'null' ? null : parseValue(text)
}
