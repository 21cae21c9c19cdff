import { useCallback } from 'preact/hooks'
import { useLocation } from 'preact-iso'

export interface Filters {
  readonly values: Readonly<Record<string, string>>
  /** Changes some of them; an empty text removes one. The cursor of a list goes back to its start. */
  readonly set: (changes: Readonly<Record<string, string | undefined>>) => void
}

/** The filters of a page. They are in its address, so a reload, a bookmark and Back keep them. */
export function useFilters(): Filters {
  const { path, query, route } = useLocation()
  const set = useCallback(
    (changes: Readonly<Record<string, string | undefined>>) => {
      const next = new URLSearchParams(query)
      if (!('cursor' in changes)) next.delete('cursor')
      for (const [name, value] of Object.entries(changes)) {
        if (value) next.set(name, value)
        else next.delete(name)
      }
      const text = next.toString()
      route(text === '' ? path : `${path}?${text}`)
    },
    [path, query, route],
  )
  return { values: query, set }
}

/** The filters as the query of a request: without empty ones. */
export function pickFilters<Name extends string>(
  values: Readonly<Record<string, string>>,
  names: readonly Name[],
): { [Key in Name]?: string } {
  const picked: { [Key in Name]?: string } = {}
  for (const name of names) {
    const value = values[name]
    if (value) picked[name] = value
  }
  return picked
}
