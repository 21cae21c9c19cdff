import type { AuditEntry } from '~/wire/audit.ts'
import { CopyButton } from '../../shared/copying.tsx'
import { Dialog } from '../../shared/dialog.tsx'
import { Time } from '../../shared/format.tsx'
import { Notice } from '../../shared/states.tsx'
import { Subject } from './audit-table.tsx'
import { actorKindText, formatValue, listFields } from './audit-texts.ts'

interface EntryProps {
  readonly entry: AuditEntry
  readonly onClose: () => void
}

/** All of an entry: its fields before and after, and where it came from. */
export function EntryDialog({ entry, onClose }: EntryProps) {
  const { actor, address, hash } = entry
  return (
    <Dialog title={`${entry.action}, entry ${entry.number}`} isWide onClose={onClose}>
      <dl class="facts">
        <dt>Time</dt>
        <dd>
          <Time at={entry.at} />
        </dd>
        <dt>Actor</dt>
        <dd>
          {actor.name ?? actor.id ?? actorKindText(actor)}{' '}
          <span class="muted">{actorKindText(actor)}</span>
        </dd>
        <dt>Address</dt>
        <dd>{address ?? <span class="muted">None</span>}</dd>
        <dt>Subject</dt>
        <dd>
          <Subject entry={entry} /> <CopyButton text={entry.subject_id} what="the subject" />
        </dd>
        <dt>Request</dt>
        <dd class="small">{entry.request_id}</dd>
        {hash !== null && (
          <>
            <dt>Hash</dt>
            <dd class="small">{hash}</dd>
          </>
        )}
      </dl>
      {entry.erased && (
        <Notice>The values that named a customer were erased at the customer’s request.</Notice>
      )}
      <Values entry={entry} />
    </Dialog>
  )
}

function Values({ entry }: { entry: AuditEntry }) {
  const fields = listFields(entry)
  if (fields.length === 0) return null
  const [hasBefore, hasAfter] = [entry.before !== null, entry.after !== null]
  return (
    <div class="table-frame">
      <table class="cards audit-values">
        <caption class="only-read">Fields before and after</caption>
        <thead>
          <tr>
            <th scope="col">Field</th>
            {hasBefore && <th scope="col">Before</th>}
            {hasAfter && <th scope="col">After</th>}
          </tr>
        </thead>
        <tbody>
          {fields.map(({ name, before, after }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {hasBefore && <td data-label="Before">{formatValue(before)}</td>}
              {hasAfter && <td data-label="After">{formatValue(after)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
