import type { Delivery } from '~/wire/webhooks.ts'
import { api, call } from '../../shared/api.ts'
import { Ago, formatNumber } from '../../shared/format.tsx'
import { ProblemNotice } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useCan } from '../session.tsx'
import { DeliveryBadge } from './badges.tsx'

/** How often deliveries are loaded again while they are on screen. */
export const LIVE_MS = 3_000

interface DeliveryTableProps {
  readonly deliveries: readonly Delivery[]
  /** The URLs of endpoints by ID; without them, there is no column for them. */
  readonly urls?: ReadonlyMap<string, string>
  readonly onRetried: () => void
}

export function DeliveryTable({ deliveries, urls, onRetried }: DeliveryTableProps) {
  const can = useCan()
  const retry = useAction(async (headers, id: string) => {
    await call(api.deliveries({ id }).retry.post({}, { headers }))
    toast('The delivery is sent again.')
    onRetried()
  })
  const columns: readonly Column<Delivery>[] = [
    { label: 'Event', kind: 'title', cell: (delivery) => <EventLink delivery={delivery} /> },
    { label: 'Status', cell: (delivery) => <DeliveryBadge delivery={delivery} /> },
    ...(urls === undefined ? [] : [buildEndpointColumn(urls)]),
    { label: 'Attempts', kind: 'number', cell: ({ tries }) => formatNumber(tries) },
    { label: 'Created', cell: ({ created_at: at }) => <Ago at={at} /> },
    {
      label: 'Next attempt',
      cell: ({ next_try_at: at }) => (at === null ? null : <Ago at={at} />),
    },
    ...(can('webhooks:write') ? [buildActions((id) => void retry.run(id))] : []),
  ]
  return (
    <>
      <ProblemNotice problem={retry.problem} />
      <Table caption="Deliveries" columns={columns} rows={deliveries} keyOf={({ id }) => id} />
    </>
  )
}

function EventLink({ delivery: { id, event_type: type } }: { delivery: Delivery }) {
  return (
    <a class="mono" href={`/admin/webhooks/deliveries/${id}`}>
      {type}
    </a>
  )
}

const buildEndpointColumn = (urls: ReadonlyMap<string, string>): Column<Delivery> => ({
  label: 'Endpoint',
  cell: ({ webhook_id: id }) => (
    <div class="cell-long">
      <a href={`/admin/webhooks/${id}`}>{urls.get(id) ?? id}</a>
    </div>
  ),
})

const buildActions = (retry: (id: string) => void): Column<Delivery> => ({
  label: 'Actions',
  kind: 'actions',
  cell: ({ id, status, event_type: type }) =>
    status === 'delivered' ? null : (
      <button type="button" class="plain tight" onClick={() => retry(id)}>
        Retry<span class="only-read"> {type}</span>
      </button>
    ),
})
