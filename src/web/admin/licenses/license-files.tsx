import { useState } from 'preact/hooks'
import type { LicenseFile } from '~/wire/license-files.ts'
import { api, call } from '../../shared/api.ts'
import { Time } from '../../shared/format.tsx'
import { LoadedList } from '../../shared/loaded-list.tsx'
import { Badge, Empty } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { CreateFileDialog } from './create-file-dialog.tsx'
import type { LicenseView } from './license-tabs.tsx'

/** The license files, with which an app works without a connection. */
export function LicenseFiles({ license, reload }: LicenseView) {
  const can = useCan()
  const { values } = useFilters()
  const cursor = values.cursor
  const [isOpen, setOpen] = useState(false)
  const loaded = useLoad(`files ${license.id} ${cursor}`, () =>
    call(api.licenses({ id: license.id }).files.get({ query: cursor ? { cursor } : {} })),
  )
  const onCreated = () => {
    loaded.reload()
    reload()
  }
  return (
    <>
      <div class="spread">
        <h2>License files</h2>
        {can('licenses:write') && license.status !== 'revoked' && (
          <button type="button" onClick={() => setOpen(true)}>
            Create file
          </button>
        )}
      </div>
      <LoadedList
        loaded={loaded}
        empty={
          <Empty title="No license files">
            <p>With a license file, the app works on a computer without a connection.</p>
          </Empty>
        }
      >
        {(data) => (
          <Table caption="License files" columns={columns} rows={data} keyOf={({ id }) => id} />
        )}
      </LoadedList>
      {isOpen && (
        <CreateFileDialog license={license} onCreated={onCreated} onClose={() => setOpen(false)} />
      )}
    </>
  )
}

const columns: readonly Column<LicenseFile>[] = [
  {
    label: 'For',
    kind: 'title',
    cell: ({ fingerprint_bound: isBound, domains }) => (
      <span class="cell-long">
        {[isBound && 'One device', ...domains].filter(Boolean).join(', ') || 'Any device'}
      </span>
    ),
  },
  { label: 'Issued', cell: ({ issued_at: at }) => <Time at={at} as="day" /> },
  {
    label: 'Works until',
    cell: ({ expires_at: at }) => (at === null ? 'The license ends' : <Time at={at} as="day" />),
  },
  { label: 'State', cell: (file) => <FileState file={file} /> },
  { label: 'ID', cell: ({ id }) => <span class="mono">{id.slice(0, 8)}…</span> },
]

function FileState({
  file: { returned_at: returnedAt, expires_at: expiresAt },
}: {
  file: LicenseFile
}) {
  if (returnedAt !== null) {
    return (
      <span>
        Returned on <Time at={returnedAt} as="day" />
      </span>
    )
  }
  const hasEnded = expiresAt !== null && Date.parse(expiresAt) <= Date.now()
  return <Badge tone={hasEnded ? 'neutral' : 'good'}>{hasEnded ? 'Ended' : 'Works'}</Badge>
}
