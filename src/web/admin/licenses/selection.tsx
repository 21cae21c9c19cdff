import { useEffect, useState } from 'preact/hooks'
import type { LicenseFilter } from '~/wire/license-filters.ts'
import type { License } from '~/wire/licenses.ts'

/** The licenses that an action is for: those with these IDs, or all that a filter matches. */
export type Selected = { readonly ids: string[] } | { readonly filter: LicenseFilter }

export interface Selection {
  /** Null if nothing is selected. */
  readonly selected: Selected | null
  readonly isSelected: (license: License) => boolean
  readonly toggle: (licenses: readonly License[], isOn: boolean) => void
  readonly selectMatching: () => void
  readonly clear: () => void
}

/** The selection in a list. It survives going to other pages of the list, but not other filters. */
export function useSelection(filter: LicenseFilter): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const [isMatching, setMatching] = useState(false)
  const clear = () => {
    setIds(new Set())
    setMatching(false)
  }
  useEffect(clear, [JSON.stringify(filter)])

  return {
    selected: isMatching ? { filter } : ids.size === 0 ? null : { ids: [...ids] },
    isSelected: ({ id }) => isMatching || ids.has(id),
    toggle: (licenses, isOn) => {
      setMatching(false)
      setIds((before) => {
        const after = new Set(before)
        for (const { id } of licenses) {
          if (isOn) after.add(id)
          else after.delete(id)
        }
        return after
      })
    },
    selectMatching: () => setMatching(true),
    clear,
  }
}

interface CheckProps {
  readonly selection: Selection
  readonly licenses: readonly License[]
  readonly label: string
}

/** A check box for one license, or for all on the page. */
export function SelectionCheck({ selection, licenses, label }: CheckProps) {
  const count = licenses.filter(selection.isSelected).length
  return (
    <input
      type="checkbox"
      aria-label={label}
      checked={count > 0 && count === licenses.length}
      indeterminate={count > 0 && count < licenses.length}
      onInput={(event) => selection.toggle(licenses, event.currentTarget.checked)}
    />
  )
}
