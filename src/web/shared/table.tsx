import type { ComponentChildren } from 'preact'
import { Icon } from './icons.tsx'

export interface Column<Row> {
  readonly label: string
  /** A part of the head beside the label, such as a check box that selects all rows. */
  readonly head?: ComponentChildren
  readonly cell: (row: Row) => ComponentChildren
  /** `title` is the cell that names the row. On phones it comes first, without a label. */
  readonly kind?: 'title' | 'text' | 'number' | 'actions'
}

interface TableProps<Row> {
  /** The name of the rows, for screen readers. */
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly isSelected?: (row: Row) => boolean
}

/** A table, which becomes a list of cards on narrow screens. */
export function Table<Row>({ caption, columns, rows, keyOf, isSelected }: TableProps<Row>) {
  return (
    <div class="table-frame">
      <table class="cards">
        <caption class="only-read">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ label, head, kind = 'text' }) => (
              <th key={label} scope="col" class={kind}>
                {head}
                {kind === 'actions' ? <span class="only-read">{label}</span> : label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={isSelected?.(row) ? 'selected' : ''}>
              {columns.map(({ label, cell, kind = 'text' }) =>
                kind === 'title' ? (
                  <th key={label} scope="row">
                    {cell(row)}
                  </th>
                ) : (
                  <td key={label} class={kind} data-label={kind === 'actions' ? undefined : label}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface PagerProps {
  readonly nextCursor: string | null | undefined
  readonly hasCursor: boolean
  readonly onCursor: (cursor: string | undefined) => void
}

/** The way through a list: on to older entries, and back to the newest. */
export function Pager({ nextCursor, hasCursor, onCursor }: PagerProps) {
  if (!nextCursor && !hasCursor) return null
  return (
    <nav class="spread" aria-label="Pages of the list">
      <span class="row">
        {hasCursor && (
          <>
            <button type="button" class="plain tight" onClick={() => history.back()}>
              <Icon name="back" size={16} /> Back
            </button>
            <button type="button" class="quiet tight" onClick={() => onCursor(undefined)}>
              Newest
            </button>
          </>
        )}
      </span>
      {nextCursor && (
        <button type="button" class="plain tight" onClick={() => onCursor(nextCursor)}>
          Older <Icon name="next" size={16} />
        </button>
      )}
    </nav>
  )
}
