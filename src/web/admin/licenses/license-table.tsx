import { useMemo } from 'preact/hooks'
import type { License } from '~/wire/licenses.ts'
import { type Column, Table } from '../../shared/table.tsx'
import { type ColumnName, KeyLink, licenseColumns } from './columns.tsx'
import { type Selection, SelectionCheck } from './selection.tsx'

interface ListProps {
  readonly licenses: readonly License[]
  readonly names: readonly ColumnName[]
  /** Null if nothing can be done with a selection. */
  readonly selection: Selection | null
}

/** A page of licenses as a table. */
export function LicenseTable({ licenses, names, selection }: ListProps) {
  const columns = useMemo(() => [...names.map((name) => licenseColumns[name])], [names])
  const title: Column<License> = {
    label: 'License',
    kind: 'title',
    head: selection && (
      <SelectionCheck selection={selection} licenses={licenses} label="Select all on this page" />
    ),
    cell: (license) => (
      <span class="title-cell">
        {selection && (
          <SelectionCheck
            selection={selection}
            licenses={[license]}
            label={`Select ${license.key}`}
          />
        )}
        <KeyLink license={license} />
      </span>
    ),
  }
  return (
    <Table
      caption="Licenses, newest first"
      columns={[title, ...columns]}
      rows={licenses}
      keyOf={({ id }) => id}
      isSelected={(license) => selection?.isSelected(license) ?? false}
    />
  )
}
