import type { CheckoutRule } from '~/wire/checkout-rules.ts'
import { api, call } from '../../shared/api.ts'
import { Time } from '../../shared/format.tsx'
import { LoadedList } from '../../shared/loaded-list.tsx'
import { Page } from '../../shared/page.tsx'
import { Empty } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { CheckoutTabs } from './checkout-tabs.tsx'
import { listTargets, providerNames, targetNames } from './checkout-words.ts'

const quantities: Readonly<Record<CheckoutRule['quantity_means'], string>> = {
  licenses: 'Licenses',
  seats: 'Seats of one license',
  devices: 'Devices of one license',
}

const columns: readonly Column<CheckoutRule>[] = [
  {
    label: 'Matches',
    kind: 'title',
    cell: (rule) => (
      <div class="cell-wrap">
        <a href={`/admin/checkout/rules/${rule.id}`}>{describeMatch(rule)}</a>
      </div>
    ),
  },
  { label: 'Shop', cell: ({ provider }) => (provider === null ? 'Any' : providerNames[provider]) },
  { label: 'Plan', cell: ({ plan }) => <a href={`/admin/plans/${plan}`}>{plan}</a> },
  { label: 'Quantity', cell: ({ quantity_means: means }) => quantities[means] },
  { label: 'Changed', cell: ({ updated_at: at }) => <Time at={at} as="day" /> },
]

/** Returns what a rule matches in words, such as `Price price_123`. */
export function describeMatch(rule: CheckoutRule): string {
  return listTargets(rule)
    .map(([target, value]) => `${targetNames[target]} ${value}`)
    .join(', ')
}

export function RulesPage() {
  const can = useCan()
  const { values } = useFilters()
  const query = pickFilters(values, ['cursor'])
  const rules = useLoad(`rules ${query.cursor}`, () => call(api.checkout.rules.get({ query })))
  const add = can('checkout:write') && (
    <a class="button" href="/admin/checkout/rules/new">
      Add rule
    </a>
  )
  return (
    <Page
      title="Checkout rules"
      note="Which plan a purchase grants, and on what terms."
      actions={add}
    >
      <CheckoutTabs current="Rules" />
      <LoadedList
        loaded={rules}
        empty={
          <Empty title="No rules yet">
            <p>
              A rule says that a price or product at your shop grants a plan. You can also make one
              from an <a href="/admin/checkout?state=unmatched">unmatched event</a>.
            </p>
          </Empty>
        }
      >
        {(data) => <Table caption="Rules" columns={columns} rows={data} keyOf={({ id }) => id} />}
      </LoadedList>
    </Page>
  )
}
