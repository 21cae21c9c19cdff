import { Page } from '../../shared/page.tsx'

export function HealthPage() {
  return <Page title="Health">{null}</Page>
}
