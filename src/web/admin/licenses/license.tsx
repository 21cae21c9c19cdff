import { Page } from '../../shared/page.tsx'

export function LicensePage() {
  return <Page title="License">{null}</Page>
}
