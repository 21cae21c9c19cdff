import { useEffect, useRef, useState } from 'preact/hooks'
import { api, call, type Problem, toProblem } from '../../shared/api.ts'

/** How long a person pauses before the text is searched for. */
const PAUSE_MS = 250
const TEXT_MIN = 2

export type SearchResult = Awaited<ReturnType<typeof search>>

interface SearchState {
  readonly result: SearchResult | null
  readonly problem: Problem | null
}

const nothing: SearchState = { result: null, problem: null }

export interface Search extends SearchState {
  /** Whether the text is long enough, and its result is not there yet. */
  readonly isSearching: boolean
  /** Searches without waiting for a pause. Returns the result; null if it failed or is outdated. */
  readonly searchNow: () => Promise<SearchResult | null>
}

/** Searches for the text after a pause. Keys are in the body of a request, and nowhere else. */
export function useSearch(text: string): Search {
  const trimmed = text.trim()
  const [state, setState] = useState<SearchState & { readonly text: string }>({
    ...nothing,
    text: '',
  })
  const latest = useRef(trimmed)
  latest.current = trimmed
  const isOutdated = state.text !== trimmed

  const searchNow = async () => {
    if (trimmed === '') return null
    if (!isOutdated && state.result !== null) return state.result
    try {
      const result = await search(trimmed)
      if (latest.current !== trimmed) return null
      setState({ text: trimmed, result, problem: null })
      return result
    } catch (error) {
      if (latest.current === trimmed) {
        setState({ text: trimmed, result: null, problem: toProblem(error) })
      }
      return null
    }
  }

  useEffect(() => {
    if (trimmed.length < TEXT_MIN || !isOutdated) return
    const timer = setTimeout(searchNow, PAUSE_MS)
    return () => clearTimeout(timer)
  }, [trimmed])

  return {
    ...(isOutdated ? nothing : state),
    isSearching: isOutdated && trimmed.length >= TEXT_MIN,
    searchNow,
  }
}

const search = (text: string) => call(api.search.post({ text }))
