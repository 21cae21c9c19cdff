import { api, call } from '../../shared/api.ts'
import { Icon } from '../../shared/icons.tsx'
import { Page } from '../../shared/page.tsx'
import { Empty, Loading } from '../../shared/states.tsx'
import { Pager } from '../../shared/table.tsx'
import { useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { useChoices } from './choices.ts'
import { ColumnMenu, useChosenColumns } from './chosen-columns.tsx'
import { ExportMenu } from './export-menu.tsx'
import { FilterBar } from './filter-bar.tsx'
import { FilterChips, pickLicenseFilters } from './filters.tsx'
import { LicenseTable } from './license-table.tsx'
import { useSelection } from './selection.tsx'

const PAGE_ROWS = '50'

/** All licenses, newest first, as far as the filters match. */
export function LicensesPage() {
  const can = useCan()
  const filters = useFilters()
  const filter = pickLicenseFilters(filters.values)
  const { cursor } = filters.values
  const choices = useChoices()
  const columns = useChosenColumns()
  const selection = useSelection(filter)
  const query = { ...filter, limit: PAGE_ROWS, ...(cursor && { cursor }) }
  const loaded = useLoad(JSON.stringify(query), () => call(api.licenses.get({ query })))
  const isFiltered = Object.keys(filter).length > 0

  return (
    <Page title="Licenses" actions={can('licenses:write') && <NewLicenseLink />}>
      <FilterBar filters={filters} choices={choices}>
        <ColumnMenu {...columns} />
        <ExportMenu filter={filter} />
      </FilterBar>
      <FilterChips filters={filters} />
      <Loading loaded={loaded} lines={10}>
        {({ data, next_cursor: next }) => (
          <>
            <BulkBar
              selection={selection}
              licenses={data}
              choices={choices}
              hasMore={next !== null || cursor !== undefined}
              onDone={loaded.reload}
            />
            {data.length === 0 ? (
              <NoLicenses isFiltered={isFiltered} />
            ) : (
              <LicenseTable
                licenses={data}
                names={columns.names}
                selection={can('licenses:write') ? selection : null}
              />
            )}
            <Pager
              nextCursor={next}
              hasCursor={cursor !== undefined}
              onCursor={(to) => filters.set({ cursor: to })}
            />
          </>
        )}
      </Loading>
    </Page>
  )
}

const NewLicenseLink = () => (
  <a class="button" href="/admin/licenses/new">
    <Icon name="plus" size={16} /> New license
  </a>
)

function NoLicenses({ isFiltered }: { isFiltered: boolean }) {
  const canCreate = useCan()('licenses:write')
  if (isFiltered) {
    return (
      <Empty title="No license matches the filters">
        <p>
          Remove a filter, or <a href="/admin/licenses">show all licenses</a>.
        </p>
      </Empty>
    )
  }
  return (
    <Empty title="There are no licenses yet">
      <p>
        {canCreate ? <a href="/admin/licenses/new">Create a license</a> : 'They are created'} here,
        through the API, or by your shop when somebody pays.
      </p>
    </Empty>
  )
}
