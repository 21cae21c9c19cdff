import type { CheckoutEvent } from '~/wire/checkout-events.ts'
import type { License } from '~/wire/licenses.ts'
import { api, call } from '../../shared/api.ts'
import { Ago } from '../../shared/format.tsx'
import { Section } from '../../shared/section.tsx'
import { Badge, Empty, Loading, type Tone } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { toWords } from '../../shared/words.ts'
import { useCan } from '../session.tsx'
import type { LicenseView } from './license-tabs.tsx'

/** Where the license comes from: the purchase in a shop, and the events about it. */
export function LicensePurchase({ license }: LicenseView) {
  const can = useCan()
  if (license.purchase === null) {
    return (
      <Empty title="Not bought through a shop">
        <p>This license was created through the API, the command line or the dashboard.</p>
        {license.external_ref !== null && <p>Its reference is {license.external_ref}.</p>}
      </Empty>
    )
  }
  return (
    <>
      <Section title="Purchase">
        <PurchaseFacts purchase={license.purchase} />
      </Section>
      {can('checkout:read') && <PurchaseEvents id={license.id} />}
    </>
  )
}

function PurchaseFacts({ purchase }: { purchase: NonNullable<License['purchase']> }) {
  return (
    <dl class="facts">
      <dt>Shop</dt>
      <dd class="row">
        {toWords(purchase.provider)}
        {purchase.mode === 'test' && <Badge tone="warn">test mode</Badge>}
      </dd>
      <dt>Order or subscription</dt>
      <dd>{purchase.reference}</dd>
      <dt>Item</dt>
      <dd>{purchase.item}</dd>
      <dt>License of the item</dt>
      <dd>Number {purchase.unit}</dd>
      <dt>Rule</dt>
      <dd>
        {purchase.rule_id === null ? (
          'None, because the shop has named the plan'
        ) : (
          <a class="in-text" href="/admin/checkout/rules">
            {purchase.rule_id}
          </a>
        )}
      </dd>
    </dl>
  )
}

function PurchaseEvents({ id }: { id: string }) {
  const loaded = useLoad(`checkout events ${id}`, () =>
    call(api.checkout.events.get({ query: { license_id: id } })),
  )
  return (
    <>
      <div class="spread">
        <h2>Events from the shop</h2>
        <a class="in-text" href={`/admin/checkout?license_id=${id}`}>
          Open in Checkout
        </a>
      </div>
      <Loading loaded={loaded}>
        {({ data }) =>
          data.length === 0 ? (
            <p class="muted">No event about this purchase is stored any more.</p>
          ) : (
            <Table
              caption="Events about the purchase"
              columns={columns}
              rows={data}
              keyOf={(event) => event.id}
            />
          )
        }
      </Loading>
    </>
  )
}

const tones: Partial<Record<CheckoutEvent['state'], Tone>> = {
  done: 'good',
  failed: 'bad',
  unmatched: 'warn',
  waiting_for_customer: 'warn',
  waiting_for_purchase: 'warn',
}

const columns: readonly Column<CheckoutEvent>[] = [
  {
    label: 'Event',
    kind: 'title',
    cell: ({ id, type }) => (
      <a class="in-text" href={`/admin/checkout/${id}`}>
        {type ?? 'Unknown type'}
      </a>
    ),
  },
  {
    label: 'State',
    cell: ({ state }) => <Badge tone={tones[state] ?? 'neutral'}>{toWords(state)}</Badge>,
  },
  {
    label: 'Effect',
    cell: ({ effects, reason }) => effects.map(({ text }) => text).join(' ') || reason,
  },
  { label: 'Received', cell: ({ received_at: at }) => <Ago at={at} /> },
]
