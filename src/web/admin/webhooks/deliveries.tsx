import { api, call } from '../../shared/api.ts'
import { LoadedList } from '../../shared/loaded-list.tsx'
import { Page } from '../../shared/page.tsx'
import { Empty } from '../../shared/states.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { shortenUrl } from './badges.tsx'
import { DeliveryFilters, filterNames } from './delivery-filters.tsx'
import { DeliveryTable, LIVE_MS } from './delivery-table.tsx'
import { WebhookTabs } from './webhook-tabs.tsx'

const ENDPOINTS_MAX = '100'

/** The deliveries to all endpoints, newest first. They update by themselves. */
export function DeliveriesPage() {
  const { values, set } = useFilters()
  const query = pickFilters(values, [...filterNames, 'cursor'])
  // The API checks what the address contains, and says what is wrong with it.
  const deliveries = useLoad(
    `deliveries ${JSON.stringify(query)}`,
    () => call(api.deliveries.get({ query: query as Pick<typeof query, 'cursor'> })),
    { everyMs: LIVE_MS },
  )
  const endpoints = useLoad('endpoints', () =>
    call(api.webhooks.get({ query: { limit: ENDPOINTS_MAX } })),
  )
  const urls = new Map(endpoints.data?.data.map(({ id, url }) => [id, shortenUrl(url)]))
  const isFiltered = filterNames.some((name) => query[name] !== undefined)

  return (
    <Page
      title="Deliveries"
      note="Each event on its way to an endpoint. The list stays up to date."
    >
      <WebhookTabs current="deliveries" />
      <DeliveryFilters values={query} onChange={set} urls={urls} />
      <LoadedList loaded={deliveries} lines={8} empty={<NoDeliveries isFiltered={isFiltered} />}>
        {(data) => <DeliveryTable deliveries={data} urls={urls} onRetried={deliveries.reload} />}
      </LoadedList>
    </Page>
  )
}

function NoDeliveries({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Empty title="No delivery matches">
        <a class="button plain" href="/admin/webhooks/deliveries">
          Clear the filters
        </a>
      </Empty>
    )
  }
  return (
    <Empty title="No deliveries yet">
      <p>
        Each event that an <a href="/admin/webhooks">endpoint</a> receives is listed here.
      </p>
    </Empty>
  )
}
