import { formatNumber } from './format.tsx'

export interface Tab {
  readonly href: string
  readonly text: string
  readonly isCurrent: boolean
  readonly count?: number | undefined
}

interface TabsProps {
  /** Names the links for screen readers. */
  readonly label: string
  readonly tabs: readonly Tab[]
  /** Pills choose what a list shows; other tabs lead to pages. */
  readonly arePills?: boolean
}

/** Links between the views of a page. */
export function Tabs({ label, tabs, arePills = false }: TabsProps) {
  return (
    <nav class={arePills ? 'tabs pills' : 'tabs'} aria-label={label}>
      {tabs.map(({ href, text, isCurrent, count }) => (
        <a key={href} href={href} aria-current={isCurrent ? 'page' : undefined}>
          {text}
          {count !== undefined && count > 0 && <span class="count">{formatNumber(count)}</span>}
        </a>
      ))}
    </nav>
  )
}
