import type { CheckoutEventWithBody } from '~/wire/checkout-events.ts'
import { formatNumber } from '../../shared/format.tsx'
import { Badge } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { listTargets, targetNames } from './checkout-words.ts'

export type Item = CheckoutEventWithBody['items'][number]

type Row = Item & { readonly number: number }

const columns: readonly Column<Row>[] = [
  { label: 'Item', kind: 'title', cell: (item) => <Targets item={item} /> },
  { label: 'Quantity', kind: 'number', cell: ({ quantity }) => formatNumber(quantity) },
  {
    label: 'Rule',
    cell: ({ rule_id: id, metadata_plan: plan }) => {
      if (id !== null) return <a href={`/admin/checkout/rules/${id}`}>Show rule</a>
      return plan === null ? <Badge tone="warn">No rule</Badge> : 'None, it names its plan'
    },
  },
]

function Targets({ item }: { item: Item }) {
  const targets = listTargets(item)
  if (targets.length === 0) return <>Names no price or product</>
  return (
    <div class="cell-wrap">
      {targets.map(([target, value]) => (
        <div key={target}>
          <span class="muted small">{targetNames[target]}</span> <code>{value}</code>
        </div>
      ))}
    </div>
  )
}

/** Lists what was bought, and the rules that match it now. */
export function CheckoutItems({ event: { items } }: { event: CheckoutEventWithBody }) {
  if (items.length === 0) return null
  const rows = items.map((item, index) => ({ ...item, number: index + 1 }))
  return (
    <section class="stack" aria-labelledby="items">
      <h2 id="items">What was bought</h2>
      <Table
        caption="What was bought"
        columns={columns}
        rows={rows}
        keyOf={({ number }) => String(number)}
      />
    </section>
  )
}
