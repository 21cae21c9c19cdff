import type { License } from '~/wire/licenses.ts'
import { api, call } from '../../shared/api.ts'
import { Section } from '../../shared/section.tsx'
import { Badge, Empty, Loading } from '../../shared/states.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { providerNames } from '../checkout/checkout-words.ts'
import { EventTable } from '../checkout/event-table.tsx'
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
        {providerNames[purchase.provider]}
        {purchase.mode === 'test' && <Badge tone="warn">Test mode</Badge>}
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
          <a class="in-text" href={`/admin/checkout/rules/${purchase.rule_id}`}>
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
            <EventTable events={data} />
          )
        }
      </Loading>
    </>
  )
}
