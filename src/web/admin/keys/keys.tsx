import { useState } from 'preact/hooks'
import type { ApiKey } from '~/wire/api-keys.ts'
import { api, call } from '../../shared/api.ts'
import { Ago, Time } from '../../shared/format.tsx'
import { Icon } from '../../shared/icons.tsx'
import { LoadedList } from '../../shared/loaded-list.tsx'
import { Page } from '../../shared/page.tsx'
import { Badge, Empty } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { ScopeList } from '../scopes/scope-list.tsx'
import { useCan, useSession } from '../session.tsx'
import { NewKeyDialog } from './new-key.tsx'
import { RevokeKeyDialog } from './revoke-key.tsx'

/** The API keys, with what they may do and when they were last used. */
export function KeysPage() {
  const { values } = useFilters()
  const can = useCan()
  const query = pickFilters(values, ['cursor'])
  const loaded = useLoad(`keys ${query.cursor}`, () => call(api.keys.get({ query })))
  const [isCreating, setCreating] = useState(false)
  const [revoked, setRevoked] = useState<ApiKey | null>(null)
  const canWrite = can('keys:write')

  return (
    <Page
      title="API keys"
      note="Programs use them to manage licenses. Apps need none: they send a license key."
      actions={
        canWrite && (
          <button type="button" onClick={() => setCreating(true)}>
            <Icon name="plus" /> New API key
          </button>
        )
      }
    >
      <LoadedList
        loaded={loaded}
        lines={6}
        empty={
          <Empty title="No API keys yet">
            {canWrite && <p>Create one for the program that should call the API.</p>}
          </Empty>
        }
      >
        {(data) => <KeyTable keys={data} onRevoke={canWrite ? setRevoked : null} />}
      </LoadedList>
      {isCreating && <NewKeyDialog onClose={() => setCreating(false)} onCreated={loaded.reload} />}
      {revoked !== null && (
        <RevokeKeyDialog
          apiKey={revoked}
          onClose={() => setRevoked(null)}
          onRevoked={loaded.reload}
        />
      )}
    </Page>
  )
}

interface TableProps {
  readonly keys: readonly ApiKey[]
  /** Null if the person may not revoke any. */
  readonly onRevoke: ((key: ApiKey) => void) | null
}

function KeyTable({ keys, onRevoke }: TableProps) {
  const columns: Column<ApiKey>[] = [
    { label: 'Name', kind: 'title', cell: (key) => <KeyName apiKey={key} /> },
    { label: 'Scopes', cell: (key) => <ScopeList scopes={key.scopes} /> },
    {
      label: 'Last used',
      cell: ({ last_used_at: at }) =>
        at === null ? <span class="muted">Never</span> : <Ago at={at} />,
    },
    {
      label: 'Expires',
      cell: ({ expires_at: at }) =>
        at === null ? <span class="muted">Never</span> : <Time at={at} as="day" />,
    },
    { label: 'Created', cell: (key) => <Time at={key.created_at} as="day" /> },
  ]
  if (onRevoke !== null) {
    columns.push({
      label: 'Actions',
      kind: 'actions',
      cell: (key) => (
        <button type="button" class="quiet danger tight" onClick={() => onRevoke(key)}>
          Revoke<span class="only-read"> {key.name}</span>
        </button>
      ),
    })
  }
  return <Table caption="API keys" columns={columns} rows={keys} keyOf={(key) => key.id} />
}

function KeyName({ apiKey }: { apiKey: ApiKey }) {
  const { session } = useSession()
  const isExpired = apiKey.expires_at !== null && Date.parse(apiKey.expires_at) <= Date.now()
  return (
    <span class="row">
      {apiKey.name}
      {session.api_key?.id === apiKey.id && <Badge tone="good">Yours</Badge>}
      {isExpired && <Badge tone="bad">Expired</Badge>}
    </span>
  )
}
