import type { LicenseFilter } from '~/wire/license-filters.ts'
import { Icon } from '../../shared/icons.tsx'
import { Menu } from '../../shared/menu.tsx'

/** Links that download all licenses that the filters match, with masked keys. */
export function ExportMenu({ filter }: { filter: LicenseFilter }) {
  const linkTo = (format: 'csv' | 'ndjson') =>
    `/api/v1/licenses/export?${new URLSearchParams({ ...filter, format })}`
  return (
    <Menu
      label={
        <>
          <Icon name="download" size={16} /> Export
        </>
      }
    >
      <a class="button quiet tight" href={linkTo('csv')} download="licenses.csv">
        CSV, for spreadsheets
      </a>
      <a class="button quiet tight" href={linkTo('ndjson')} download="licenses.ndjson">
        NDJSON, for programs
      </a>
      <p class="menu-note">All licenses that match the filters. Keys are masked.</p>
    </Menu>
  )
}
