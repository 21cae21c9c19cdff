import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

interface SectionProps {
  readonly title: string
  /** Is shown beside the title, such as a link or the range of the numbers. */
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
}

/** A part of a page in a box of its own. */
export function Section({ title, aside, children }: SectionProps) {
  const id = useId()
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-title">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}
