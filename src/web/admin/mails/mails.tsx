import { Page } from '../../shared/page.tsx'

export function MailsPage() {
  return <Page title="Emails">{null}</Page>
}
