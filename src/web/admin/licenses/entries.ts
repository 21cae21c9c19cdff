type Value = string | number | boolean | null

/** A line of an editor of metadata or features. Its value is text while it is edited. */
export interface Entry {
  readonly id: number
  readonly name: string
  readonly text: string
  /** The value before the edit, whose type a new one keeps if it can; undefined for a new line. */
  readonly was: Value | undefined
}

export function toEntries(map: Readonly<Record<string, Value>>): Entry[] {
  return Object.entries(map).map(([name, was], id) => ({ id, name, text: String(was), was }))
}

/** Returns the map that the lines describe, without lines that have no name. */
export function fromEntries(entries: readonly Entry[]): Record<string, Value> {
  const named = entries.filter(({ name }) => name.trim() !== '')
  return Object.fromEntries(named.map(({ name, ...entry }) => [name.trim(), toValue(entry)]))
}

function toValue({ text, was }: Pick<Entry, 'text' | 'was'>): Value {
  if (was === null && text === 'null') return null
  if (typeof was === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  const number = Number(text)
  if (typeof was === 'number' && text.trim() !== '' && Number.isFinite(number)) return number
  return text
}
