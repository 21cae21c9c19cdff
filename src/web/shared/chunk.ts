import type { AnyComponent, RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { lazy } from 'preact-iso'
import { LostPage } from './lost-page.tsx'

/** A part of the page that is loaded when it is needed. */
export type Chunk<Module> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed' }
  | { readonly state: 'loaded'; readonly module: Module }

/** When the tab was loaded again, so that a server without the chunk causes no loop. */
const RELOADED_AT = 'licet-reloaded-at'
const RELOAD_PAUSE_MS = 60_000

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

/** A page whose code is loaded when it is opened. Where it cannot be, another page says so. */
export function lazyPage(load: () => Promise<AnyComponent>): AnyComponent {
  return lazy(async () => {
    try {
      return await load()
    } catch {
      return reloadOnce() ? new Promise<never>(() => undefined) : LostPage
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

/** Loads the page again, unless that was tried a moment ago. Returns whether it does. */
function reloadOnce(): boolean {
  const lastMs = Number(sessionStorage.getItem(RELOADED_AT) ?? 0)
  if (!navigator.onLine || Date.now() - lastMs < RELOAD_PAUSE_MS) return false
  sessionStorage.setItem(RELOADED_AT, String(Date.now()))
  location.reload()
  return true
}
