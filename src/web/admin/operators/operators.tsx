import { Page } from '../../shared/page.tsx'

export function OperatorsPage() {
  return <Page title="Operators">{null}</Page>
}
