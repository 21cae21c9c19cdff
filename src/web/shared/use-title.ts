import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** Whether the visitor has moved between pages, so that the new page's heading gets the focus. */
let hasNavigated = false

/** Sets the title of the window. Returns the ref of the heading, which gets the focus after navigation. */
export function useTitle(title: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (hasNavigated) heading.current?.focus({ preventScroll: true })
    hasNavigated = true
  }, [])
  useEffect(() => {
    document.title = title
  }, [title])
  return heading
}
