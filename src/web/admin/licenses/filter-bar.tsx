import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Icon } from '../../shared/icons.tsx'
import type { Filters } from '../../shared/use-filters.ts'
import { openSearch } from '../search/open-search.ts'
import type { Choices } from './choices.ts'
import { FilterDialog } from './filter-dialog.tsx'
import { isKeyLike, toQuickFilter } from './filters.tsx'
import { statusTexts } from './status.tsx'

interface BarProps {
  readonly filters: Filters
  readonly choices: Choices
  /** Buttons at the end of the bar. */
  readonly children: ComponentChildren
}

/** The filters that people use most, and a button for the others. */
export function FilterBar({ filters, choices, children }: BarProps) {
  const [isOpen, setOpen] = useState(false)
  const { values, set } = filters
  return (
    <search class="filter-bar">
      <QuickFilter filters={filters} />
      <select
        aria-label="Status"
        value={values.status ?? ''}
        onInput={(event) => set({ status: event.currentTarget.value })}
      >
        <option value="">Any status</option>
        {Object.entries(statusTexts).map(([status, text]) => (
          <option key={status} value={status} selected={values.status === status}>
            {text}
          </option>
        ))}
      </select>
      {choices.plans.length > 1 && (
        <select
          aria-label="Plan"
          value={values.plan ?? ''}
          onInput={(event) => set({ plan: event.currentTarget.value })}
        >
          <option value="">Any plan</option>
          {choices.plans.map(({ slug, name }) => (
            <option key={slug} value={slug} selected={values.plan === slug}>
              {name}
            </option>
          ))}
        </select>
      )}
      <div class="filter-buttons">
        <button type="button" class="plain tight" onClick={() => setOpen(true)}>
          More filters
        </button>
        {children}
      </div>
      {isOpen && (
        <FilterDialog filters={filters} choices={choices} onClose={() => setOpen(false)} />
      )}
    </search>
  )
}

/** Filters by the start of a name or an address. A key goes to the search, which never shows it. */
function QuickFilter({ filters: { values, set } }: { filters: Filters }) {
  const [text, setText] = useState(values.q ?? '')
  useEffect(() => setText(values.q ?? ''), [values.q])

  const apply = () => {
    const trimmed = toQuickFilter(text.trim())
    if (isKeyLike(trimmed)) {
      setText('')
      openSearch(trimmed)
    } else if (trimmed !== (values.q ?? '')) set({ q: trimmed })
  }
  return (
    <form
      class="quick-filter"
      onSubmit={(event) => {
        event.preventDefault()
        apply()
      }}
    >
      <Icon name="search" size={16} />
      <input
        type="search"
        aria-label="Email, name, ID, or last four characters of the key"
        placeholder="Email, name, ID, or last four"
        autocomplete="off"
        maxLength={254}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value)
          if (event.currentTarget.value === '' && values.q) set({ q: undefined })
        }}
        onBlur={apply}
      />
    </form>
  )
}
