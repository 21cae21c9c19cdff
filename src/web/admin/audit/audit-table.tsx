import type { AuditEntry } from '~/wire/audit.ts'
import { Time } from '../../shared/format.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import type { Filters } from '../../shared/use-filters.ts'
import {
  actorFilter,
  actorKindText,
  findSubjectPage,
  formatValue,
  listFields,
} from './audit-texts.ts'

const FIELDS_SHOWN = 3

interface AuditTableProps {
  readonly entries: readonly AuditEntry[]
  readonly filters: Filters
  readonly onOpen: (entry: AuditEntry) => void
}

export function AuditTable({ entries, filters, onOpen }: AuditTableProps) {
  const columns: Column<AuditEntry>[] = [
    {
      label: 'Action',
      kind: 'title',
      cell: (entry) => (
        <span class="audit-action">
          {entry.action}
          <Subject entry={entry} />
        </span>
      ),
    },
    { label: 'Actor', cell: ({ actor }) => <ActorCell actor={actor} filters={filters} /> },
    { label: 'Time', cell: ({ at }) => <Time at={at} /> },
    { label: 'Change', cell: (entry) => <ChangeCell entry={entry} /> },
    {
      label: 'Details',
      kind: 'actions',
      cell: (entry) => (
        <button type="button" class="quiet tight" onClick={() => onOpen(entry)}>
          Details<span class="only-read"> of entry {entry.number}</span>
        </button>
      ),
    },
  ]
  return (
    <Table
      caption="Entries of the audit"
      columns={columns}
      rows={entries}
      keyOf={({ number }) => String(number)}
    />
  )
}

interface ActorProps {
  readonly actor: AuditEntry['actor']
  readonly filters: Filters
}

/** The name of an actor, which filters by it. */
function ActorCell({ actor, filters }: ActorProps) {
  const name = actor.name ?? actor.id ?? actorKindText(actor)
  const query = new URLSearchParams({ ...filters.values, actor: actorFilter(actor) })
  query.delete('cursor')
  return (
    <span class="audit-who">
      <a href={`/admin/audit?${query}`}>{name}</a>
      <span class="muted small">{actorKindText(actor)}</span>
    </span>
  )
}

/** The subject of a change, as a link to the page that has it. */
export function Subject({ entry }: { entry: AuditEntry }) {
  const page = findSubjectPage(entry)
  const { subject_id: subject } = entry
  const text = (
    <span class="mono audit-subject" title={subject}>
      {subject}
    </span>
  )
  return page === null ? text : <a href={page}>{text}</a>
}

function ChangeCell({ entry }: { entry: AuditEntry }) {
  const fields = listFields(entry)
  if (entry.erased && fields.length === 0) return <span class="muted">Erased</span>
  if (fields.length === 0) return null
  const rest = fields.length - FIELDS_SHOWN
  return (
    <span class="audit-change">
      {fields.slice(0, FIELDS_SHOWN).map(({ name, before, after }) => (
        <span key={name}>
          <span class="muted">{name}</span>{' '}
          {before !== undefined && (
            <>
              <del>{formatValue(before)}</del> →{' '}
            </>
          )}
          {formatValue(after)}
        </span>
      ))}
      {rest > 0 && <span class="muted">and {rest} more</span>}
    </span>
  )
}
