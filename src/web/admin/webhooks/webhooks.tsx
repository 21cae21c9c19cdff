import { useState } from 'preact/hooks'
import type { Webhook, WebhookWithSecret } from '~/wire/webhooks.ts'
import { api, call } from '../../shared/api.ts'
import { Time } from '../../shared/format.tsx'
import { Page } from '../../shared/page.tsx'
import { Empty, Loading } from '../../shared/states.tsx'
import { type Column, Pager, Table } from '../../shared/table.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { EndpointBadge, shortenUrl } from './badges.tsx'
import { NewEndpoint } from './endpoint-form.tsx'
import { SecretNotice } from './secret-notice.tsx'
import { WebhookTabs } from './webhook-tabs.tsx'

const columns: readonly Column<Webhook>[] = [
  {
    label: 'Endpoint',
    kind: 'title',
    cell: ({ id, url, description }) => (
      <div class="cell-wrap">
        <a href={`/admin/webhooks/${id}`}>{shortenUrl(url)}</a>
        {description !== null && <div class="small muted">{description}</div>}
      </div>
    ),
  },
  { label: 'State', cell: (endpoint) => <EndpointBadge endpoint={endpoint} /> },
  { label: 'Events', cell: ({ events }) => <EventList events={events} /> },
  { label: 'Created', cell: ({ created_at: at }) => <Time at={at} as="day" /> },
]

function EventList({ events }: Pick<Webhook, 'events'>) {
  if (events.includes('*')) return <>All events</>
  const [first, ...others] = events
  return (
    <span title={events.join(', ')}>
      <span class="mono">{first}</span>
      {others.length > 0 && <span class="muted"> and {others.length} more</span>}
    </span>
  )
}

/** The webhook endpoints. The secret of a new one is shown until the page is left. */
export function WebhooksPage() {
  const can = useCan()
  const { values, set } = useFilters()
  const query = pickFilters(values, ['cursor'])
  const endpoints = useLoad(`webhooks ${query.cursor}`, () => call(api.webhooks.get({ query })))
  const [isAdding, setAdding] = useState(false)
  const [created, setCreated] = useState<WebhookWithSecret | null>(null)
  const add = can('webhooks:write') && (
    <button type="button" onClick={() => setAdding(true)}>
      Add endpoint
    </button>
  )

  return (
    <Page title="Webhooks" note="Licet posts signed events to these addresses." actions={add}>
      <WebhookTabs current="endpoints" />
      {created !== null && (
        <SecretNotice
          title={`Secret of ${shortenUrl(created.url)}`}
          secret={created.secret}
          onDone={() => setCreated(null)}
        />
      )}
      <Loading loaded={endpoints}>
        {({ data, next_cursor: next }) => (
          <>
            <EndpointTable endpoints={data} />
            <Pager
              nextCursor={next}
              hasCursor={query.cursor !== undefined}
              onCursor={(cursor) => set({ cursor })}
            />
          </>
        )}
      </Loading>
      {isAdding && (
        <NewEndpoint
          onClose={() => setAdding(false)}
          onCreated={(endpoint) => {
            setAdding(false)
            setCreated(endpoint)
            endpoints.reload()
          }}
        />
      )}
    </Page>
  )
}

function EndpointTable({ endpoints }: { endpoints: readonly Webhook[] }) {
  if (endpoints.length > 0)
    return (
      <Table caption="Endpoints" columns={columns} rows={endpoints} keyOf={(each) => each.id} />
    )
  return (
    <Empty title="No endpoints yet">
      <p>
        Add the address of your server, and Licet tells it about new licenses, renewals, revocations
        and more. Every request is signed.
      </p>
    </Empty>
  )
}
