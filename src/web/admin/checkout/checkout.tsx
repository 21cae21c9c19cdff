import type { Overview } from '~/wire/overview.ts'
import { api, call } from '../../shared/api.ts'
import { SelectField } from '../../shared/forms.tsx'
import { LoadedList } from '../../shared/loaded-list.tsx'
import { Page } from '../../shared/page.tsx'
import { Empty } from '../../shared/states.tsx'
import { Tabs } from '../../shared/tabs.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { CheckoutTabs } from './checkout-tabs.tsx'
import { type Provider, providerNames, type State, stateNames } from './checkout-words.ts'
import { EventTable } from './event-table.tsx'

const EVERY_MS = 5_000
const filterNames = ['state', 'provider', 'type', 'license_id'] as const
type Filter = { readonly state?: State; readonly provider?: Provider }

/** The events of shops, by state. */
export function CheckoutPage() {
  const { values, set } = useFilters()
  const query = pickFilters(values, [...filterNames, 'cursor'])
  // The API checks what the address contains, and says what is wrong with it.
  const events = useLoad(
    `checkout ${JSON.stringify(query)}`,
    () => call(api.checkout.events.get({ query: query as Filter })),
    { everyMs: EVERY_MS },
  )
  const isFiltered = filterNames.some((name) => query[name] !== undefined)
  return (
    <Page title="Checkout" note="What your shops report, and what Licet has made of it.">
      <CheckoutTabs current="Events" />
      <StateTabs state={query.state} provider={query.provider} />
      <div class="toolbar">
        {(query.license_id ?? query.type) !== undefined && (
          <a class="button plain tight" href="/admin/checkout">
            Clear the filters
          </a>
        )}
        <SelectField
          label="Shop"
          value={query.provider ?? ''}
          onInput={(provider) => set({ provider })}
          options={[['', 'All shops'], ...Object.entries(providerNames)]}
        />
      </div>
      <LoadedList
        loaded={events}
        lines={8}
        empty={<NoEvents isFiltered={isFiltered} state={query.state} />}
      >
        {(data) => <EventTable events={data} />}
      </LoadedList>
    </Page>
  )
}

interface StateTabsProps {
  readonly state: string | undefined
  readonly provider: string | undefined
}

/** One tab for each state. Those that need somebody say how many events they have. */
function StateTabs({ state, provider }: StateTabsProps) {
  const can = useCan()
  const overview = useLoad<Pick<Overview, 'checkout'>>(
    'checkout counts',
    async () => (can('licenses:read') ? call(api.overview.get()) : { checkout: null }),
    { everyMs: EVERY_MS },
  )
  const counts: Readonly<Record<string, number>> = overview.data?.checkout ?? {}
  const states: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'All'],
    ...Object.entries(stateNames),
  ]
  const tabs = states.map(([value, text]) => ({
    href: hrefOf(value, provider),
    text,
    isCurrent: value === state,
    // The counts are those of all shops.
    count: value === undefined || provider !== undefined ? undefined : counts[value],
  }))
  return <Tabs label="States" tabs={tabs} arePills />
}

function hrefOf(state: string | undefined, provider: string | undefined): string {
  const query = new URLSearchParams({ ...(state && { state }), ...(provider && { provider }) })
  return query.size === 0 ? '/admin/checkout' : `/admin/checkout?${query}`
}

function NoEvents({ isFiltered, state }: { isFiltered: boolean; state: string | undefined }) {
  if (isFiltered) {
    return (
      <Empty title={state === undefined ? 'No event matches' : 'No event is in this state'}>
        <a class="button plain" href="/admin/checkout">
          Show all events
        </a>
      </Empty>
    )
  }
  return (
    <Empty title="No events yet">
      <p>
        Connect Stripe, Paddle, Lemon Squeezy, Polar or another shop, and each purchase creates a
        license. Begin with a <a href="/admin/checkout/rules">rule</a> that says which plan a price
        grants.
      </p>
    </Empty>
  )
}
