import { useLocation } from 'preact-iso'
import { Page } from '../../shared/page.tsx'
import { CustomerFinder } from './customer-finder.tsx'
import { CustomerView } from './customer-view.tsx'

/** The page on which people find a customer, and export or erase the customer's data. */
export function CustomersPage() {
  const { query } = useLocation()
  return query.email ? (
    <CustomerView key={query.email} email={query.email} />
  ) : (
    <Page
      title="Customers"
      note="A customer is an email address that licenses have. Find one to see the licenses, or to export or erase the data."
    >
      <CustomerFinder />
    </Page>
  )
}
