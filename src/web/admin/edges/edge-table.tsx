import type { Edge } from '~/wire/edges.ts'
import { Ago, count, formatDuration, Time } from '../../shared/format.tsx'
import { Badge } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'

interface EdgeTableProps {
  readonly edges: readonly Edge[]
  /** Null if the person may not revoke any. */
  readonly onRevoke: ((edge: Edge) => void) | null
}

export function EdgeTable({ edges, onRevoke }: EdgeTableProps) {
  const columns: Column<Edge>[] = [
    { label: 'Name', kind: 'title', cell: ({ name }) => <Name name={name} /> },
    { label: 'State', cell: (edge) => <State edge={edge} /> },
    { label: 'Lag', cell: (edge) => <Lag edge={edge} /> },
    { label: 'Lease until', cell: (edge) => <Lease edge={edge} /> },
    { label: 'Answers if cut off', cell: (edge) => <AnswersIfCutOff edge={edge} /> },
    {
      label: 'Usage delivered',
      cell: ({ usage_until: at }) => (at === null ? <None /> : <Ago at={at} />),
    },
  ]
  if (onRevoke !== null) {
    columns.push({
      label: 'Actions',
      kind: 'actions',
      cell: (edge) => (
        <button type="button" class="quiet danger tight" onClick={() => onRevoke(edge)}>
          Revoke<span class="only-read"> {edge.name}</span>
        </button>
      ),
    })
  }
  return <Table caption="Edges" columns={columns} rows={edges} keyOf={({ id }) => id} />
}

const Name = ({ name }: { name: string }) => (
  <div class="cell-long" title={name}>
    {name}
  </div>
)

const None = () => <span class="muted">None</span>

function State({ edge: { connected, last_seen_at: at } }: { edge: Edge }) {
  if (connected) return <Badge tone="good">Connected</Badge>
  if (at === null) return <Badge>Never connected</Badge>
  return (
    <span class="row">
      <Badge tone="warn">Away</Badge>
      <span class="muted small">
        seen <Ago at={at} />
      </span>
    </span>
  )
}

/** The changes that it has not confirmed yet. The time says more only while it is connected. */
function Lag({ edge: { connected, lag_changes: changes, lag_seconds: seconds } }: { edge: Edge }) {
  if (changes === null) return <span class="muted">Unknown</span>
  if (changes === 0) return <None />
  const isTold = connected && seconds !== null && seconds >= 1
  const time = isTold ? `, ${formatDuration(Math.round(seconds))}` : ''
  return <span>{count(changes, 'change') + time}</span>
}

function Lease({ edge: { lease_until: until, last_seen_at: seenAt } }: { edge: Edge }) {
  if (until === null) return seenAt === null ? <None /> : <span class="muted">Ended</span>
  return <Time at={until} as="second" />
}

function AnswersIfCutOff({ edge }: { edge: Edge }) {
  const { connected, last_seen_at: seenAt, stale_seconds: stale, answers_until: until } = edge
  if (seenAt === null) return <None />
  if (connected) return stale === 0 ? <None /> : <span>for {formatDuration(stale)}</span>
  if (until === null) return <span class="muted">No longer</span>
  return (
    <span>
      until <Time at={until} as="end" />
    </span>
  )
}
