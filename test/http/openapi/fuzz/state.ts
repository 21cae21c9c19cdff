import type { TestApp } from '../../../support/app.ts'

/** Columns that say when something was last in use, which is written in the background. */
const VOLATILE = /^last_(?:used|seen|validated)_at(?:_ms)?$|^seen_at|^used_at/

/** Tables of work that earlier requests have left, and of what caches must forget. */
const background = ['changes', 'fan_outs', 'sqlite_sequence']

/** Everything that is stored, except usage. */
export interface State {
  /** Lists what differs in a later state. */
  compare(later: State): string[]
  readonly texts: Readonly<Record<string, string>>
}

export async function readState({ database }: Pick<TestApp, 'database'>): Promise<State> {
  const tables = await database.readRows()
  const kept = Object.entries(tables).filter(([name]) => !background.includes(name))
  const texts = Object.fromEntries(
    kept.map(([name, rows]) => [
      name,
      JSON.stringify(rows, (key, value) => (VOLATILE.test(key) ? undefined : value)),
    ]),
  )
  return {
    texts,
    compare: (later) =>
      Object.keys(texts)
        .filter((name) => texts[name] !== later.texts[name])
        .map((name) => `rows of ${name} changed`),
  }
}
