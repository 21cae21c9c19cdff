import type { CheckoutEvent } from '~/wire/checkout-events.ts'
import { Ago, TextWithTimes } from '../../shared/format.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { providerNames } from './checkout-words.ts'
import { StateBadge } from './state-badge.tsx'

const columns: readonly Column<CheckoutEvent>[] = [
  {
    label: 'Event',
    kind: 'title',
    cell: ({ id, type }) => (
      <div class="cell-long">
        <a class="mono" href={`/admin/checkout/events/${id}`}>
          {type ?? id}
        </a>
      </div>
    ),
  },
  { label: 'State', cell: ({ state }) => <StateBadge state={state} /> },
  {
    label: 'Shop',
    cell: ({ provider, endpoint, mode }) => (
      <>
        {providerNames[provider]}
        {endpoint !== null && ` (${endpoint})`}
        {mode === 'test' && <span class="muted"> · test</span>}
      </>
    ),
  },
  { label: 'Result', cell: (event) => <Result event={event} /> },
  { label: 'Received', cell: ({ received_at: at }) => <Ago at={at} /> },
]

/** Says what an event did, or why it did nothing. */
function Result({ event }: { event: CheckoutEvent }) {
  const text = event.reason ?? event.effects.map((effect) => effect.text).join(' ')
  if (text === '') return null
  return (
    <div class="cell-long cell-result" title={text}>
      <TextWithTimes text={text} />
    </div>
  )
}

export function EventTable({ events }: { events: readonly CheckoutEvent[] }) {
  return <Table caption="Checkout events" columns={columns} rows={events} keyOf={({ id }) => id} />
}
