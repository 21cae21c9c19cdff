import { Page } from '../../shared/page.tsx'

export function NewLicensePage() {
  return <Page title="New license">{null}</Page>
}
