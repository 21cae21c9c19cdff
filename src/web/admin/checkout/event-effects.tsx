import type { CheckoutEvent } from '~/wire/checkout-events.ts'
import type { License } from '~/wire/licenses.ts'
import { api, call } from '../../shared/api.ts'
import { count, TextWithTimes } from '../../shared/format.tsx'
import { Loading } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { StatusBadge } from '../licenses/status.tsx'
import { useCan } from '../session.tsx'

const LICENSES_MAX = 10

/** Lists what an event did, and the licenses to which it did it. */
export function CheckoutEffects({ event: { effects } }: { event: CheckoutEvent }) {
  const can = useCan()
  const ids = [...new Set(effects.flatMap((effect) => effect.license_ids))]
  if (effects.length === 0) return null
  return (
    <section class="stack" aria-labelledby="effects">
      <h2 id="effects">What it did</h2>
      <ul class="timeline">
        {effects.map(({ text, licenses_count: licenses }, index) => (
          <li key={index}>
            <TextWithTimes text={text} />
            {licenses > 1 && <span class="muted"> {count(licenses, 'license')}</span>}
          </li>
        ))}
      </ul>
      {ids.length > 0 && can('licenses:read') && <Licenses ids={ids} />}
    </section>
  )
}

const columns: readonly Column<License>[] = [
  {
    label: 'License',
    kind: 'title',
    cell: ({ id, customer_name: name, customer_email: email }) => (
      <a href={`/admin/licenses/${id}`}>{name ?? email}</a>
    ),
  },
  { label: 'Plan', cell: ({ plan }) => plan },
  { label: 'Status', cell: (license) => <StatusBadge license={license} /> },
  { label: 'ID', cell: ({ id }) => <code>{id}</code> },
]

function Licenses({ ids }: { ids: readonly string[] }) {
  const shown = ids.slice(0, LICENSES_MAX)
  const licenses = useLoad(`licenses ${shown.join()}`, () =>
    Promise.all(shown.map((id) => call(api.licenses({ id }).get()))),
  )
  return (
    <>
      <Loading loaded={licenses} lines={2}>
        {(loaded) => (
          <Table caption="Licenses" columns={columns} rows={loaded} keyOf={({ id }) => id} />
        )}
      </Loading>
      {ids.length > shown.length && (
        <p class="muted">and {count(ids.length - shown.length, 'more license')}</p>
      )}
    </>
  )
}
