import { Page } from '../../shared/page.tsx'

export function LicensesPage() {
  return <Page title="Licenses">{null}</Page>
}
