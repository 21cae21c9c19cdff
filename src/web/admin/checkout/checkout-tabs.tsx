import { Tabs } from '../../shared/tabs.tsx'

const views = [
  ['/admin/checkout', 'Events'],
  ['/admin/checkout/rules', 'Rules'],
  ['/admin/checkout/dry-run', 'Dry run'],
] as const

/** The views of checkout. */
export function CheckoutTabs({ current }: { current: (typeof views)[number][1] }) {
  const tabs = views.map(([href, text]) => ({ href, text, isCurrent: text === current }))
  return <Tabs label="Views of checkout" tabs={tabs} />
}
