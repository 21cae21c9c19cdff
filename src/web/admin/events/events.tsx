import { Page } from '../../shared/page.tsx'

export function EventsPage() {
  return <Page title="Events">{null}</Page>
}
