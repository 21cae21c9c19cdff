import { useId } from 'preact/hooks'
import type { Filters } from '../../shared/use-filters.ts'
import { useChoices } from '../licenses/choices.ts'
import { presets, type Range } from './ranges.ts'

interface UsageFiltersProps {
  readonly range: Range
  readonly part: { readonly product?: string; readonly plan?: string }
  readonly onChange: Filters['set']
}

/** The range, and the product or plan, which are in the address of the page. */
export function UsageFilters({ range, part, onChange }: UsageFiltersProps) {
  return (
    <search class="toolbar">
      <RangeFields range={range} onChange={onChange} />
      <PartField part={part} onChange={onChange} />
    </search>
  )
}

function RangeFields({ range, onChange }: Pick<UsageFiltersProps, 'range' | 'onChange'>) {
  const id = useId()
  const pick = (name: string) => {
    if (name === 'custom') onChange({ range: undefined, from: range.first, to: range.last })
    else onChange({ range: name, from: undefined, to: undefined })
  }
  return (
    <>
      <div class="field">
        <label for={id}>Range</label>
        <select id={id} value={range.name} onChange={(event) => pick(event.currentTarget.value)}>
          {presets.map(({ name, label }) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
          <option value="custom">From … to …</option>
        </select>
      </div>
      {range.name === 'custom' && (
        <>
          <DayField label="From (UTC)" day={range.first} onPick={(from) => onChange({ from })} />
          <DayField label="To (UTC)" day={range.last} onPick={(to) => onChange({ to })} />
        </>
      )}
    </>
  )
}

interface DayFieldProps {
  readonly label: string
  readonly day: string
  readonly onPick: (day: string) => void
}

function DayField({ label, day, onPick }: DayFieldProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="date"
        required
        value={day}
        onChange={({ currentTarget }) => currentTarget.value !== '' && onPick(currentTarget.value)}
      />
    </div>
  )
}

/** Products and plans in one list, because the server counts by one of them at a time. */
function PartField({ part, onChange }: Pick<UsageFiltersProps, 'part' | 'onChange'>) {
  const id = useId()
  const { products, plans } = useChoices()
  const chosen = Object.entries(part)[0]
  const pick = (value: string) => {
    const [kind = '', slug] = value.split(':')
    onChange({ product: undefined, plan: undefined, ...(slug !== undefined && { [kind]: slug }) })
  }
  const groups = [
    { kind: 'product', label: 'Products', slugs: products.map(({ slug }) => slug) },
    { kind: 'plan', label: 'Plans', slugs: plans.map(({ slug }) => slug) },
  ]
  return (
    <div class="field">
      <label for={id}>Product or plan</label>
      <select
        id={id}
        value={chosen?.join(':') ?? ''}
        onChange={(event) => pick(event.currentTarget.value)}
      >
        <option value="">All</option>
        {groups.map(({ kind, label, slugs }) => (
          <optgroup key={kind} label={label}>
            {listOptions(slugs, kind === chosen?.[0] ? chosen[1] : undefined).map((slug) => (
              <option key={slug} value={`${kind}:${slug}`}>
                {slug}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </div>
  )
}

/** A deleted product or plan still has its numbers, so the chosen one is always in the list. */
function listOptions(slugs: readonly string[], chosen: string | undefined): readonly string[] {
  return chosen === undefined || slugs.includes(chosen) ? slugs : [chosen, ...slugs]
}
