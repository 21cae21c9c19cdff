import { count, formatNumber } from '../../shared/format.tsx'
import type { Preview } from './bulk-dialog.tsx'
import { StatusBadge } from './status.tsx'

/** The result of the dry run: how many licenses would change, and the first of those selected. */
export function BulkPreview({ preview }: { preview: Preview }) {
  const { data, count: selected, changed } = preview
  return (
    <div class="stack" role="status">
      <p>
        <strong>
          {changed === 0 ? 'Nothing would change.' : `${count(changed, 'license')} would change.`}
        </strong>{' '}
        {changed < selected && (
          <span class="muted">
            {changed === 0
              ? `All ${formatNumber(selected)} are in this state already.`
              : `Of ${formatNumber(selected)} selected, the others are in this state already.`}
          </span>
        )}
      </p>
      <ul class="preview-list" aria-label="The first licenses">
        {data.map((license) => (
          <li key={license.id}>
            <span class="mono">{license.key}</span>
            <bdi class="preview-customer">{license.customer_email}</bdi>
            <StatusBadge license={license} />
          </li>
        ))}
        {selected > data.length && (
          <li class="muted">and {formatNumber(selected - data.length)} more</li>
        )}
      </ul>
    </div>
  )
}
