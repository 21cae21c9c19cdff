import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { type Problem, toProblem } from './api.ts'

export interface Loaded<Data> {
  /** The latest data, which stays while it is loaded again; null until then. */
  readonly data: Data | null
  readonly problem: Problem | null
  readonly isLoading: boolean
  readonly reload: () => void
}

type Interval<Data> = number | ((data: Data | null) => number | undefined)

/**
 * Loads data when the component appears and whenever `key` changes. An answer to an outdated key is
 * dropped. With `everyMs`, it is also loaded again while the page is visible, unless a function of the
 * latest data returns undefined.
 */
export function useLoad<Data>(
  key: string,
  load: () => Promise<Data>,
  { everyMs }: { readonly everyMs?: Interval<Data> } = {},
): Loaded<Data> {
  const [state, setState] = useState<{
    readonly key: string
    readonly data: Data | null
    readonly problem: Problem | null
    readonly isLoading: boolean
  }>({ key, data: null, problem: null, isLoading: true })
  const current = useRef(0)
  const isLoading = useRef(false)

  const reload = useCallback(() => {
    const number = ++current.current
    isLoading.current = true
    setState((before) => ({
      ...before,
      key,
      data: before.key === key ? before.data : null,
      isLoading: true,
    }))
    load().then(
      (data) => {
        if (number !== current.current) return
        isLoading.current = false
        setState({ key, data, problem: null, isLoading: false })
      },
      (error) => {
        if (number !== current.current) return
        isLoading.current = false
        setState((before) => ({ ...before, problem: toProblem(error), isLoading: false }))
      },
    )
    // The key names everything that `load` depends on.
  }, [key])

  useEffect(() => {
    reload()
    return () => {
      current.current += 1
    }
  }, [reload])

  const intervalMs = typeof everyMs === 'function' ? everyMs(state.data) : everyMs
  useEffect(() => {
    if (intervalMs === undefined) return
    const timer = setInterval(() => {
      // On a slow network, or while nobody is signed in, requests must not pile up.
      if (!document.hidden && !isLoading.current) reload()
    }, intervalMs)
    return () => clearInterval(timer)
  }, [intervalMs, reload])

  return { data: state.data, problem: state.problem, isLoading: state.isLoading, reload }
}
