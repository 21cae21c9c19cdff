import type { ComponentChildren } from 'preact'
import { useTitle } from './use-title.ts'

interface PageProps {
  readonly title: string
  /** One line under the title. */
  readonly note?: ComponentChildren
  /** Buttons beside the title. */
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

/** A page: its title in the window and at its top. After navigation, the focus moves to the title. */
export function Page({ title, note, actions, children }: PageProps) {
  const heading = useTitle(`${title} · Licet`)
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
