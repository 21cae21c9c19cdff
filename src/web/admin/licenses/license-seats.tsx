import { useState } from 'preact/hooks'
import type { License } from '~/wire/licenses.ts'
import type { Seat } from '~/wire/seats.ts'
import { api, call } from '../../shared/api.ts'
import { Confirm } from '../../shared/confirm.tsx'
import { Ago, count } from '../../shared/format.tsx'
import { Loading } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { formatUse } from './license-words.ts'

/** The floating seats that are in use now, up to 100. */
export function LicenseSeats({ license }: { license: License }) {
  const can = useCan()
  const [releasing, setReleasing] = useState<Seat | null>(null)
  const loaded = useLoad(`seats ${license.id}`, () =>
    call(api.licenses({ id: license.id }).seats.get({ query: { limit: '100' } })),
  )
  const actions: Column<Seat> = {
    label: 'Actions',
    kind: 'actions',
    cell: (seat) => (
      <button type="button" class="quiet tight" onClick={() => setReleasing(seat)}>
        Release
      </button>
    ),
  }
  return (
    <>
      <h2>Seats</h2>
      <Loading loaded={loaded} lines={2}>
        {({ data }) => (
          <>
            <p class="muted">
              In use: {formatUse(data.length, license.max_seats)}.
              {data.length === 0 && ' A seat is taken while somebody works with the app.'}
            </p>
            {data.length > 0 && (
              <Table
                caption="Seats in use"
                columns={can('licenses:write') ? [...columns, actions] : columns}
                rows={data}
                keyOf={({ id }) => id}
              />
            )}
          </>
        )}
      </Loading>
      {releasing !== null && (
        <ReleaseSeat
          license={license}
          seat={releasing}
          onReleased={loaded.reload}
          onClose={() => setReleasing(null)}
        />
      )}
    </>
  )
}

const columns: readonly Column<Seat>[] = [
  {
    label: 'Seat',
    kind: 'title',
    cell: ({ name, fingerprint }) => <span class="cell-long">{name ?? fingerprint}</span>,
  },
  { label: 'Since', cell: ({ acquired_at: at }) => <Ago at={at} /> },
  { label: 'Lease ends', cell: ({ expires_at: at }) => <Ago at={at} /> },
  {
    label: 'Borrowed',
    cell: ({ borrowed_days: days }) => days !== null && `for ${count(days, 'day')}`,
  },
]

interface ReleaseSeatProps {
  readonly license: License
  readonly seat: Seat
  readonly onReleased: () => void
  readonly onClose: () => void
}

function ReleaseSeat({ license, seat, onReleased, onClose }: ReleaseSeatProps) {
  const release = useAction(async () => {
    await call(api.licenses({ id: license.id }).seats({ seat_id: seat.id }).delete())
    toast('Seat released.')
    onReleased()
    onClose()
  })
  return (
    <Confirm
      title={`Release the seat of ${seat.name ?? seat.fingerprint}`}
      submit="Release seat"
      action={release}
      onConfirm={() => release.run()}
      onClose={onClose}
    >
      <p>
        Somebody else can take the seat. The app that has it notices when it renews the seat, and
        can take one again if any is free.
      </p>
    </Confirm>
  )
}
