import { useState } from 'preact/hooks'
import type { License } from '~/wire/licenses.ts'
import { count } from '../../shared/format.tsx'
import { type BulkAction, bulkTexts } from './bulk-actions.ts'
import { BulkDialog } from './bulk-dialog.tsx'
import type { Choices } from './choices.ts'
import type { Selection } from './selection.tsx'

interface BarProps {
  readonly selection: Selection
  /** Those on the page that is shown. */
  readonly licenses: readonly License[]
  readonly choices: Choices
  /** Whether there are more licenses than those on the page. */
  readonly hasMore: boolean
  readonly onDone: () => void
}

const actions: readonly BulkAction[] = ['suspend', 'reinstate', 'renew', 'update', 'revoke']

/** The selection, and the actions for it. The bar shows up with the first selected license. */
export function BulkBar({ selection, licenses, choices, hasMore, onDone }: BarProps) {
  const [action, setAction] = useState<BulkAction | null>(null)
  const { selected } = selection
  if (selected === null) return null
  const isAll = 'filter' in selected

  return (
    <section class="bulk-bar" aria-label="Selected licenses">
      <div class="row">
        <strong role="status">
          {isAll
            ? 'All that match the filters'
            : `${count(selected.ids.length, 'license')} selected`}
        </strong>
        {!isAll && !licenses.every(selection.isSelected) && (
          <button
            type="button"
            class="quiet tight"
            onClick={() => selection.toggle(licenses, true)}
          >
            Select page
          </button>
        )}
        {!isAll && hasMore && (
          <button type="button" class="quiet tight" onClick={selection.selectMatching}>
            Select all that match
          </button>
        )}
        <button type="button" class="quiet tight" onClick={selection.clear}>
          Clear
        </button>
      </div>
      <div class="row">
        {actions.map((each) => (
          <button
            key={each}
            type="button"
            class={`plain tight ${bulkTexts[each].isDanger ? 'danger' : ''}`}
            onClick={() => setAction(each)}
          >
            {bulkTexts[each].verb}
          </button>
        ))}
      </div>
      {action !== null && (
        <BulkDialog
          action={action}
          selected={selected}
          choices={choices}
          onClose={() => setAction(null)}
          onDone={() => {
            setAction(null)
            selection.clear()
            onDone()
          }}
        />
      )}
    </section>
  )
}
