import type { Event } from '~/wire/events.ts'
import { api, call } from '../../shared/api.ts'
import { eventTypeOptions } from '../../shared/event-types.ts'
import { Ago } from '../../shared/format.tsx'
import { SelectField } from '../../shared/forms.tsx'
import { LoadedList } from '../../shared/loaded-list.tsx'
import { Page } from '../../shared/page.tsx'
import { Empty } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { describeSubject, listChangedFields } from './event-words.ts'

const EVERY_MS = 5_000

const columns: readonly Column<Event>[] = [
  {
    label: 'Event',
    kind: 'title',
    cell: ({ id, type }) => (
      <a class="mono" href={`/admin/events/${id}`}>
        {type}
      </a>
    ),
  },
  { label: 'About', cell: (event) => <Subject event={event} /> },
  {
    label: 'Changed',
    cell: ({ data }) => {
      const fields = listChangedFields(data)
      return fields.length > 0 && <div class="cell-long">{fields.join(', ')}</div>
    },
  },
  { label: 'When', cell: ({ timestamp: at }) => <Ago at={at} /> },
]

function Subject({ event }: { event: Event }) {
  const { license_id: licenseId } = event
  const text = describeSubject(event)
  return (
    <div class="cell-long">
      {licenseId === null ? text : <a href={`/admin/licenses/${licenseId}`}>{text}</a>}
    </div>
  )
}

/** Every change, newest first, as endpoints receive it. */
export function EventsPage() {
  const { values, set } = useFilters()
  const query = pickFilters(values, ['type', 'license_id', 'cursor'])
  const events = useLoad(`events ${JSON.stringify(query)}`, () => call(api.events.get({ query })), {
    everyMs: EVERY_MS,
  })
  return (
    <Page title="Events" note="Every change to licenses, customers and endpoints.">
      <div class="toolbar">
        <SelectField
          label="Type"
          value={query.type ?? ''}
          onInput={(type) => set({ type })}
          options={eventTypeOptions}
        />
        {query.license_id !== undefined && (
          <button type="button" class="plain" onClick={() => set({ license_id: undefined })}>
            Show those of all licenses
          </button>
        )}
      </div>
      <LoadedList
        loaded={events}
        lines={8}
        empty={<NoEvents isFiltered={query.type !== undefined || query.license_id !== undefined} />}
      >
        {(data) => <Table caption="Events" columns={columns} rows={data} keyOf={({ id }) => id} />}
      </LoadedList>
    </Page>
  )
}

function NoEvents({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Empty title="No event matches">
        <a class="button plain" href="/admin/events">
          Show all events
        </a>
      </Empty>
    )
  }
  return (
    <Empty title="No events yet">
      <p>
        <a href="/admin/licenses/new">Create a license</a>, and its first event is here.
      </p>
    </Empty>
  )
}
