import { useState } from 'preact/hooks'
import type { Activation } from '~/wire/activations.ts'
import type { License } from '~/wire/licenses.ts'
import { api, call } from '../../shared/api.ts'
import { Ago, Time } from '../../shared/format.tsx'
import { Icon } from '../../shared/icons.tsx'
import { Badge, Empty, Loading } from '../../shared/states.tsx'
import { type Column, Pager, Table } from '../../shared/table.tsx'
import { useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { MoveDialog, ReleaseDialog } from './activation-dialogs.tsx'
import { LicenseSeats } from './license-seats.tsx'
import type { LicenseView } from './license-tabs.tsx'
import { formatUse } from './license-words.ts'

/** Where the license is used: its domains and devices, and the seats in use. */
export function LicenseActivations({ license, reload }: LicenseView) {
  const { values, set } = useFilters()
  const cursor = values.cursor
  const loaded = useLoad(`activations ${license.id} ${cursor}`, () =>
    call(api.licenses({ id: license.id }).activations.get({ query: cursor ? { cursor } : {} })),
  )
  const onChanged = () => {
    loaded.reload()
    reload()
  }
  return (
    <>
      <div class="spread">
        <h2>Domains and devices</h2>
        <span class="muted">
          Domains: {formatUse(license.domains_count, license.max_domains)}. Devices:{' '}
          {formatUse(license.devices, license.max_devices)}.
        </span>
      </div>
      <Loading loaded={loaded}>
        {({ data, next_cursor: next }) => (
          <>
            <ActivationTable license={license} activations={data} onChanged={onChanged} />
            <Pager
              nextCursor={next}
              hasCursor={cursor !== undefined}
              onCursor={(to) => set({ cursor: to })}
            />
          </>
        )}
      </Loading>
      <LicenseSeats license={license} />
    </>
  )
}

interface ActivationTableProps {
  readonly license: License
  readonly activations: readonly Activation[]
  readonly onChanged: () => void
}

interface Opened {
  readonly action: 'move' | 'release'
  readonly activation: Activation
}

function ActivationTable({ license, activations, onChanged }: ActivationTableProps) {
  const can = useCan()
  const [opened, setOpened] = useState<Opened | null>(null)
  const canWrite = can('licenses:write')
  if (activations.length === 0) {
    return (
      <Empty title="Not activated anywhere">
        <p>
          A domain or a device appears here once the app validates or activates the license on it.
        </p>
      </Empty>
    )
  }
  const actions: Column<Activation> = {
    label: 'Actions',
    kind: 'actions',
    cell: (activation) => (
      <>
        <button
          type="button"
          class="quiet tight"
          onClick={() => setOpened({ action: 'move', activation })}
        >
          Move
        </button>
        <button
          type="button"
          class="quiet tight"
          onClick={() => setOpened({ action: 'release', activation })}
        >
          Release
        </button>
      </>
    ),
  }
  const shared = { license, onChanged, onClose: () => setOpened(null) }
  return (
    <>
      <Table
        caption="Activations of the license"
        columns={canWrite && license.status !== 'revoked' ? [...columns, actions] : columns}
        rows={activations}
        keyOf={({ id }) => id}
      />
      {opened?.action === 'move' && <MoveDialog {...shared} activation={opened.activation} />}
      {opened?.action === 'release' && <ReleaseDialog {...shared} activation={opened.activation} />}
    </>
  )
}

const columns: readonly Column<Activation>[] = [
  {
    label: 'Domain or device',
    kind: 'title',
    cell: ({ kind, value, name, free }) => (
      <span class="place">
        <Icon name={kind} />
        <span class="only-read">{kind === 'domain' ? 'Domain' : 'Device'}</span>
        <span class="cell-long">{name ?? value}</span>
        {free && <Badge>Free</Badge>}
      </span>
    ),
  },
  {
    label: 'Fingerprint',
    cell: ({ kind, value }) => kind === 'device' && <span class="mono cell-long">{value}</span>,
  },
  { label: 'Last seen', cell: ({ last_seen_at: at }) => <Ago at={at} /> },
  { label: 'Country', cell: ({ country }) => country !== null && nameCountry(country) },
  { label: 'Since', cell: ({ created_at: at }) => <Time at={at} as="day" /> },
]

const countries = new Intl.DisplayNames(undefined, { type: 'region' })

function nameCountry(code: string): string {
  return countries.of(code) ?? code
}
