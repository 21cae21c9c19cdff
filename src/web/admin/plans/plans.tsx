import { Page } from '../../shared/page.tsx'

export function PlansPage() {
  return <Page title="Plans">{null}</Page>
}
