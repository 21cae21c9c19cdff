import type { ComponentChildren } from 'preact'
import type { LicenseFilter } from '~/wire/license-filters.ts'
import type { License } from '~/wire/licenses.ts'
import { formatDay } from '../../shared/format.tsx'
import { Icon } from '../../shared/icons.tsx'
import { type Filters, pickFilters } from '../../shared/use-filters.ts'
import { statusTexts } from './status.tsx'

export type FilterName = keyof LicenseFilter

/** The names of the filters, in the order of the chips. */
export const filterTexts: Readonly<Record<FilterName, string>> = {
  q: 'Search',
  status: 'Status',
  plan: 'Plan',
  product: 'Product',
  customer_email: 'Customer',
  domain: 'Domain',
  external_ref: 'Reference',
  expires_before: 'Expires before',
  expires_after: 'Expires after',
  created_after: 'Created after',
}
const filterNames = Object.keys(filterTexts) as FilterName[]

/** The filters that are set, as the API takes them. A status that does not exist is left to it. */
export function pickLicenseFilters(values: Filters['values']): LicenseFilter {
  return pickFilters(values, filterNames) as LicenseFilter
}

/** Whether a text may be a license key, also an imported one. Keys stay out of the address. */
export function isKeyLike(text: string): boolean {
  const isGrouped = /^[a-z0-9]{2,8}(?:[-\s]?[a-z0-9]{4}){3,}$/i.test(text)
  const isToken = /^[^\s@*]{16,}$/.test(text) && !/^(?:lic|act|seat|evt)_/i.test(text)
  return (isGrouped || isToken) && /\d/.test(text)
}

/** The text of the quick filter: of a masked key, the characters that it shows. */
export function toQuickFilter(text: string): string {
  return /\*-?([^\s*]{4})$/.exec(text)?.[1] ?? text
}

/** The filters that are set, each with a button that removes it. */
export function FilterChips({ filters }: { filters: Filters }) {
  const set = pickLicenseFilters(filters.values)
  const names = filterNames.filter((name) => set[name] !== undefined)
  if (names.length === 0) return null
  return (
    <ul class="chips" aria-label="Filters that are set">
      {names.map((name) => (
        <li key={name}>
          <Chip text={filterTexts[name]} onRemove={() => filters.set({ [name]: undefined })}>
            {presentValue(name, set[name] ?? '')}
          </Chip>
        </li>
      ))}
      {names.length > 1 && (
        <li>
          <button
            type="button"
            class="quiet tight"
            onClick={() => filters.set(Object.fromEntries(names.map((name) => [name, undefined])))}
          >
            Clear all
          </button>
        </li>
      )}
    </ul>
  )
}

interface ChipProps {
  readonly text: string
  readonly onRemove: () => void
  readonly children: ComponentChildren
}

function Chip({ text, onRemove, children }: ChipProps) {
  return (
    <span class="chip">
      <span class="muted">{text}</span>
      <bdi class="chip-value">{children}</bdi>
      <button
        type="button"
        class="quiet tight"
        aria-label={`Remove the filter ${text}`}
        onClick={onRemove}
      >
        <Icon name="close" size={14} />
      </button>
    </span>
  )
}

function presentValue(name: FilterName, value: string): string {
  if (name === 'status') return statusTexts[value as License['status']] ?? value
  const isTime = /_(?:before|after)$/.test(name) && !Number.isNaN(Date.parse(value))
  return isTime ? formatDay(value) : value
}
