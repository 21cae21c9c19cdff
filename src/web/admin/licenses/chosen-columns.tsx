import { useState } from 'preact/hooks'
import { CheckField } from '../../shared/forms.tsx'
import { Menu } from '../../shared/menu.tsx'
import { type ColumnName, columnNames, licenseColumns } from './columns.tsx'

const STORED_AS = 'licet.license-columns'
const DEFAULTS: readonly ColumnName[] = [
  'customer',
  'status',
  'plan',
  'domains',
  'devices',
  'expires',
]

export interface ChosenColumns {
  readonly names: readonly ColumnName[]
  readonly choose: (names: readonly ColumnName[]) => void
}

/** The columns that were chosen in this browser. */
export function useChosenColumns(): ChosenColumns {
  const [names, setNames] = useState(readChosen)
  const choose = (chosen: readonly ColumnName[]) => {
    setNames(chosen)
    try {
      localStorage.setItem(STORED_AS, JSON.stringify(chosen))
    } catch {
      // A browser that stores nothing shows them until the page is left.
    }
  }
  return { names, choose }
}

function readChosen(): readonly ColumnName[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED_AS) ?? 'null')
    if (Array.isArray(stored)) return columnNames.filter((name) => stored.includes(name))
  } catch {
    // It was written by another version, or the browser stores nothing.
  }
  return DEFAULTS
}

/** The menu in which people choose columns. */
export function ColumnMenu({ names, choose }: ChosenColumns) {
  return (
    <Menu label="Columns">
      <fieldset class="menu-fields">
        <legend class="only-read">Columns of the list</legend>
        {columnNames.map((name) => (
          <CheckField
            key={name}
            label={licenseColumns[name].label}
            isChecked={names.includes(name)}
            onInput={(isChecked) =>
              choose(
                columnNames.filter((each) => (each === name ? isChecked : names.includes(each))),
              )
            }
          />
        ))}
        <button type="button" class="quiet tight" onClick={() => choose(DEFAULTS)}>
          Reset
        </button>
      </fieldset>
    </Menu>
  )
}
