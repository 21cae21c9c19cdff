import { useEffect, useState } from 'preact/hooks'

/** A part of the page that is loaded when it is needed. */
export type Chunk<Module> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed' }
  | { readonly state: 'loaded'; readonly module: Module }

/** Remembers in the tab that it was reloaded, so that a server without the chunk causes no loop. */
const RELOADED = 'licet-reloaded'

/**
 * Loads a part of the page once. After an upgrade, an open tab asks for files that no longer exist: then
 * the page is loaded again, once. `load` must be the same function at every call.
 */
export function useChunk<Module>(load: () => Promise<Module>): Chunk<Module> {
  const [chunk, setChunk] = useState<Chunk<Module>>({ state: 'loading' })
  useEffect(() => {
    let isCurrent = true
    load().then(
      (module) => {
        sessionStorage.removeItem(RELOADED)
        if (isCurrent) setChunk({ state: 'loaded', module })
      },
      () => {
        if (isCurrent) setChunk({ state: 'failed' })
        reloadOnce()
      },
    )
    return () => {
      isCurrent = false
    }
  }, [load])
  return chunk
}

function reloadOnce(): void {
  if (!navigator.onLine || sessionStorage.getItem(RELOADED) !== null) return
  sessionStorage.setItem(RELOADED, 'yes')
  location.reload()
}
