import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

interface PageProps {
  readonly title: string
  /** One line under the title. */
  readonly note?: ComponentChildren
  /** Buttons beside the title. */
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

/** Whether the visitor has moved between pages, so that the new page's title gets the focus. */
let hasNavigated = false

/** A page: its title in the window and at its top. After navigation, the focus moves to the title. */
export function Page({ title, note, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (hasNavigated) heading.current?.focus({ preventScroll: true })
    hasNavigated = true
  }, [])
  useEffect(() => {
    document.title = `${title} · Licet`
  }, [title])
  return (
    <>
      <div class="page-title">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {note !== undefined && <p>{note}</p>}
        </div>
        {actions !== undefined && <div class="row">{actions}</div>}
      </div>
      <div class="stack">{children}</div>
    </>
  )
}
