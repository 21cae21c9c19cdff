import { Page } from '../../shared/page.tsx'

export function UsagePage() {
  return <Page title="Usage">{null}</Page>
}
