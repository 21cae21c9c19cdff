import { useState } from 'preact/hooks'
import type { Edge } from '~/wire/edges.ts'
import { api, call } from '../../shared/api.ts'
import { Icon } from '../../shared/icons.tsx'
import { LoadedList } from '../../shared/loaded-list.tsx'
import { Page } from '../../shared/page.tsx'
import { Empty } from '../../shared/states.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { EdgeTable } from './edge-table.tsx'
import { NewEdgeDialog } from './new-edge.tsx'
import { RevokeEdgeDialog } from './revoke-edge.tsx'

const EVERY_MS = 3_000

/** The edges, with what each of them knows. They update by themselves. */
export function EdgesPage() {
  const { values } = useFilters()
  const can = useCan()
  const query = pickFilters(values, ['cursor'])
  const loaded = useLoad(`edges ${query.cursor}`, () => call(api.edges.get({ query })), {
    everyMs: EVERY_MS,
  })
  const [isCreating, setCreating] = useState(false)
  const [revoked, setRevoked] = useState<Edge | null>(null)
  const canWrite = can('edges:write')

  return (
    <Page
      title="Edges"
      note="Servers near your users that validate licenses. The list stays up to date."
      actions={
        canWrite && (
          <button type="button" onClick={() => setCreating(true)}>
            <Icon name="plus" /> New edge
          </button>
        )
      }
    >
      <LoadedList loaded={loaded} lines={4} empty={<NoEdges canWrite={canWrite} />}>
        {(data) => <EdgeTable edges={data} onRevoke={canWrite ? setRevoked : null} />}
      </LoadedList>
      {isCreating && <NewEdgeDialog onClose={() => setCreating(false)} onCreated={loaded.reload} />}
      {revoked !== null && (
        <RevokeEdgeDialog
          edge={revoked}
          onClose={() => setRevoked(null)}
          onRevoked={loaded.reload}
        />
      )}
    </Page>
  )
}

function NoEdges({ canWrite }: { canWrite: boolean }) {
  return (
    <Empty title="No edges yet">
      <p>
        An edge runs near your users: it confirms valid licenses from memory, so that most
        validations need no round trip to this server, and forwards everything else.{' '}
        {canWrite
          ? 'Create one here, then start it with the command that you get.'
          : 'To begin, somebody with the scope edges:write creates one here.'}
      </p>
    </Empty>
  )
}
