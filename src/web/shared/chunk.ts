import type { AnyComponent, RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { lazy } from 'preact-iso'

/** A part of the page that is loaded when it is needed. */
export type Chunk<Module> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed' }
  | { readonly state: 'loaded'; readonly module: Module }

/** Remembers in the tab that it was reloaded, so that a server without the chunk causes no loop. */
const RELOADED = 'licet-reloaded'

/**
 * Loads a part of the page once. After an upgrade, an open tab asks for files that no longer exist: then
 * the page is loaded again, once. `load` must be the same function at every call. It waits until
 * `isWanted`.
 */
export function useChunk<Module>(load: () => Promise<Module>, isWanted = true): Chunk<Module> {
  const [chunk, setChunk] = useState<Chunk<Module>>({ state: 'loading' })
  useEffect(() => {
    if (!isWanted) return
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
  }, [load, isWanted])
  return chunk
}

/** A page whose code is loaded when it is opened. */
export function lazyPage(load: () => Promise<AnyComponent>): AnyComponent {
  return lazy(async () => {
    try {
      const component = await load()
      sessionStorage.removeItem(RELOADED)
      return component
    } catch (error) {
      if (reloadOnce()) return new Promise<never>(() => undefined)
      throw error
    }
  })
}

/** Whether an element has come near the visible part of the page; from then on always. */
export function useIsNear(element: RefObject<Element | null>): boolean {
  const [isNear, setNear] = useState(false)
  useEffect(() => {
    if (element.current === null) return
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setNear(true)
      },
      { rootMargin: '200px' },
    )
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [element])
  return isNear
}

/** Loads the page again, unless that was tried already. Returns whether it does. */
function reloadOnce(): boolean {
  if (!navigator.onLine || sessionStorage.getItem(RELOADED) !== null) return false
  sessionStorage.setItem(RELOADED, 'yes')
  location.reload()
  return true
}
