import type { License } from '~/wire/licenses.ts'
import { formatNumber, Time } from '../../shared/format.tsx'
import type { Column } from '../../shared/table.tsx'
import { Slots, StatusBadge } from './status.tsx'

/** The columns that people can choose, in the order in which they are shown. */
export const licenseColumns = {
  customer: { label: 'Customer', cell: ({ customer_email: email }) => <Cut text={email} /> },
  name: { label: 'Name', cell: ({ customer_name: name }) => <Cut text={name} /> },
  status: { label: 'Status', cell: (license) => <StatusBadge license={license} /> },
  plan: { label: 'Plan', cell: ({ plan }) => plan },
  product: { label: 'Product', cell: ({ product }) => product },
  domains: {
    label: 'Domains',
    kind: 'number',
    cell: (license) => <Slots used={license.domains_count} max={license.max_domains} />,
  },
  devices: {
    label: 'Devices',
    kind: 'number',
    cell: (license) => <Slots used={license.devices} max={license.max_devices} />,
  },
  seats: {
    label: 'Seats',
    kind: 'number',
    cell: ({ max_seats: max }) => (max === null ? 'No limit' : formatNumber(max)),
  },
  expires: { label: 'Expires', cell: (license) => <Expiry license={license} /> },
  created: { label: 'Created', cell: ({ created_at: at }) => <Time at={at} as="day" /> },
  updated: { label: 'Changed', cell: ({ updated_at: at }) => <Time at={at} as="day" /> },
  validated: {
    label: 'Last validated',
    cell: ({ last_validated_at: at }) => at && <Time at={at} />,
  },
  validations: {
    label: 'Validations',
    kind: 'number',
    cell: ({ validation_count: count }) => formatNumber(count),
  },
  reference: { label: 'Reference', cell: ({ external_ref: text }) => <Cut text={text} /> },
  purchase: { label: 'Bought with', cell: ({ purchase }) => purchase?.provider },
  id: { label: 'ID', cell: ({ id }) => <span class="mono">{id}</span> },
} as const satisfies Record<string, Column<License>>

export type ColumnName = keyof typeof licenseColumns
export const columnNames = Object.keys(licenseColumns) as ColumnName[]

/** A text on one line, with all of it in the tooltip. */
function Cut({ text }: { text: string | null }) {
  return text === null ? null : (
    <div class="cell-long" title={text}>
      <bdi>{text}</bdi>
    </div>
  )
}

function Expiry({ license }: { license: License }) {
  if (license.expires_at !== null) return <Time at={license.expires_at} as="day" />
  return <span class="muted">{license.starts_on === undefined ? 'Never' : 'Not started'}</span>
}

/** The key of a license, masked, as a link to its page. */
export function KeyLink({ license }: { license: License }) {
  return (
    <a class="mono" href={`/admin/licenses/${license.id}`}>
      {license.key}
    </a>
  )
}
