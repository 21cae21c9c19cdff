import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { api, call } from '../../shared/api.ts'
import { CopyButton } from '../../shared/copying.tsx'
import { Icon } from '../../shared/icons.tsx'
import { Page } from '../../shared/page.tsx'
import { Empty, Loading } from '../../shared/states.tsx'
import { Pager } from '../../shared/table.tsx'
import { useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import type { ColumnName } from '../licenses/columns.tsx'
import { LicenseTable } from '../licenses/license-table.tsx'
import { useCan } from '../session.tsx'
import { EraseDialog } from './erase-dialog.tsx'
import { ExportButton } from './export-button.tsx'

const PAGE_ROWS = '50'
const columns: readonly ColumnName[] = ['status', 'plan', 'name', 'domains', 'devices', 'expires']

/** A customer: the licenses, and the rights under privacy law. */
export function CustomerView({ email }: { email: string }) {
  const can = useCan()
  const filters = useFilters()
  const { cursor } = filters.values
  const query = { customer_email: email, limit: PAGE_ROWS, ...(cursor && { cursor }) }
  const loaded = useLoad(JSON.stringify(query), () => call(api.licenses.get({ query })))
  const ofCustomer = new URLSearchParams({ customer_email: email })

  return (
    <Page
      title={email}
      note={
        <a href="/admin/customers" class="row">
          <Icon name="back" size={14} /> All customers
        </a>
      }
      actions={
        <>
          <CopyButton text={email} what="the email address" />
          {can('licenses:write') && (
            <a class="button" href={`/admin/licenses/new?${ofCustomer}`}>
              <Icon name="plus" size={16} /> New license
            </a>
          )}
        </>
      }
    >
      <Loading loaded={loaded} lines={5}>
        {({ data, next_cursor: next }) =>
          data.length === 0 && cursor === undefined ? (
            <Empty title="This customer has no licenses">
              <p>Check the address. Data such as emails can still be exported and erased.</p>
            </Empty>
          ) : (
            <>
              <div class="spread">
                <h2>Licenses</h2>
                <a href={`/admin/licenses?${ofCustomer}`}>Filter or change them</a>
              </div>
              <LicenseTable licenses={data} names={columns} selection={null} />
              <Pager
                nextCursor={next}
                hasCursor={cursor !== undefined}
                onCursor={(to) => filters.set({ cursor: to })}
              />
            </>
          )
        }
      </Loading>
      {can('customers:erase') && <PrivacySection email={email} />}
    </Page>
  )
}

function PrivacySection({ email }: { email: string }) {
  const [isErasing, setErasing] = useState(false)
  const { route } = useLocation()
  return (
    <section class="card stack" aria-labelledby="privacy">
      <div>
        <h2 id="privacy">Privacy</h2>
        <p class="muted">
          Customers may ask for a copy of their data, and to have it erased. The audit records both.
        </p>
      </div>
      <div class="row">
        <ExportButton email={email} />
        <button type="button" class="plain danger" onClick={() => setErasing(true)}>
          Erase data
        </button>
      </div>
      {isErasing && (
        <EraseDialog
          email={email}
          onClose={() => setErasing(false)}
          onErased={() => route('/admin/customers', true)}
        />
      )}
    </section>
  )
}
