import { useState } from 'preact/hooks'
import type { AuditEntry } from '~/wire/audit.ts'
import { api, call } from '../../shared/api.ts'
import { LoadedList } from '../../shared/loaded-list.tsx'
import { Page } from '../../shared/page.tsx'
import { Empty } from '../../shared/states.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { AuditTable } from './audit-table.tsx'
import { EntryDialog } from './entry-dialog.tsx'
import { AuditFilters } from './filters.tsx'

const filterNames = ['actor', 'action', 'subject_id', 'from', 'to'] as const

/** Every change: by whom, of what, from where, and what it was before. */
export function AuditPage() {
  const filters = useFilters()
  const { values } = filters
  const query = pickFilters(values, [...filterNames, 'cursor'])
  const loaded = useLoad(`audit ${JSON.stringify(query)}`, () =>
    call(api.audit.get({ query: { limit: '50', ...query } })),
  )
  const [open, setOpen] = useState<AuditEntry | null>(null)
  const isFiltered = filterNames.some((name) => query[name] !== undefined)

  return (
    <Page
      title="Audit"
      note="Every change by people, API keys, commands and shops. Entries cannot be changed or deleted."
    >
      <AuditFilters key={JSON.stringify(pickFilters(values, filterNames))} filters={filters} />
      <LoadedList
        loaded={loaded}
        lines={12}
        empty={
          <Empty title={isFiltered ? 'No entries match' : 'No entries yet'}>
            <p>
              {isFiltered
                ? 'Remove a filter, or look at another time.'
                : 'The first change adds one.'}
            </p>
          </Empty>
        }
      >
        {(data) => <AuditTable entries={data} filters={filters} onOpen={setOpen} />}
      </LoadedList>
      {open !== null && <EntryDialog entry={open} onClose={() => setOpen(null)} />}
    </Page>
  )
}
