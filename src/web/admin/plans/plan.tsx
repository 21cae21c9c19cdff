import { Page } from '../../shared/page.tsx'

export function PlanPage() {
  return <Page title="Plan">{null}</Page>
}
