import { Page } from '../../shared/page.tsx'

export function CheckoutPage() {
  return <Page title="Checkout">{null}</Page>
}
