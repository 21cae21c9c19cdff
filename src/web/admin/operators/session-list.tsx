import { useState } from 'preact/hooks'
import type { Session } from '~/wire/sessions.ts'
import { api, call } from '../../shared/api.ts'
import { Ago, Time } from '../../shared/format.tsx'
import { Badge, Loading } from '../../shared/states.tsx'
import { type Column, Pager, Table } from '../../shared/table.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan, useSession } from '../session.tsx'
import { EndOthersDialog, EndSessionDialog } from './session-dialogs.tsx'
import { describeUserAgent } from './user-agents.ts'

/** The browsers that are signed in. `version` changes when the list is to be loaded again. */
export function SessionList({ version }: { version: number }) {
  const { values, set } = useFilters()
  const canWrite = useCan()('sessions:write')
  const query = pickFilters(values, ['cursor'])
  const loaded = useLoad(`sessions ${version} ${query.cursor}`, () =>
    call(api.sessions.get({ query: { limit: '50', ...query } })),
  )
  const [ended, setEnded] = useState<Session | 'others' | null>(null)
  const close = () => setEnded(null)

  return (
    <section class="part" aria-labelledby="sessions">
      <div class="card-title">
        <div>
          <h2 id="sessions">Sessions</h2>
          <span class="muted small">Browsers that are signed in to this dashboard.</span>
        </div>
        {canWrite && (loaded.data?.data.length ?? 0) > 1 && (
          <button type="button" class="plain tight" onClick={() => setEnded('others')}>
            End all others
          </button>
        )}
      </div>
      <div class="stack">
        <Loading loaded={loaded} lines={4}>
          {(page) => (
            <>
              <SessionTable sessions={page.data} onEnd={canWrite ? setEnded : null} />
              <Pager
                nextCursor={page.next_cursor}
                hasCursor={query.cursor !== undefined}
                onCursor={(cursor) => set({ cursor })}
              />
            </>
          )}
        </Loading>
      </div>
      {ended === 'others' && <EndOthersDialog onClose={close} onDone={loaded.reload} />}
      {ended !== null && ended !== 'others' && (
        <EndSessionDialog session={ended} onClose={close} onDone={loaded.reload} />
      )}
    </section>
  )
}

interface TableProps {
  readonly sessions: readonly Session[]
  /** Null if the person may not end any. */
  readonly onEnd: ((session: Session) => void) | null
}

function SessionTable({ sessions, onEnd }: TableProps) {
  const columns: Column<Session>[] = [
    { label: 'Person', kind: 'title', cell: (session) => <Holder session={session} /> },
    {
      label: 'Browser',
      cell: ({ user_agent: agent }) => (
        <span title={agent ?? undefined}>{describeUserAgent(agent)}</span>
      ),
    },
    {
      label: 'Address',
      cell: ({ address }) => address ?? <span class="muted">Not stored</span>,
    },
    { label: 'Signed in', cell: (session) => <Time at={session.created_at} /> },
    { label: 'Last seen', cell: (session) => <Ago at={session.last_seen_at} /> },
  ]
  if (onEnd !== null) {
    columns.push({
      label: 'Actions',
      kind: 'actions',
      cell: (session) => (
        <button type="button" class="quiet danger tight" onClick={() => onEnd(session)}>
          End<span class="only-read"> the session of {nameOf(session)}</span>
        </button>
      ),
    })
  }
  return <Table caption="Sessions" columns={columns} rows={sessions} keyOf={({ id }) => id} />
}

export const nameOf = ({ operator, api_key: key }: Session): string =>
  operator?.name ?? key?.name ?? ''

function Holder({ session }: { session: Session }) {
  const { session: own } = useSession()
  return (
    <span class="row">
      {nameOf(session)}
      {session.api_key !== null && <span class="muted small">API key</span>}
      {session.id === own.id && <Badge tone="good">This browser</Badge>}
    </span>
  )
}
