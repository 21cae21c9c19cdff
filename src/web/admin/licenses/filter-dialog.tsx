import { useState } from 'preact/hooks'
import type { LicenseFilter } from '~/wire/license-filters.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { SelectField, TextField } from '../../shared/forms.tsx'
import type { Filters } from '../../shared/use-filters.ts'
import type { Choices } from './choices.ts'
import { type FilterName, filterTexts, pickLicenseFilters } from './filters.tsx'
import { statusTexts } from './status.tsx'

interface DialogProps {
  readonly filters: Filters
  readonly choices: Choices
  readonly onClose: () => void
}

type Draft = Readonly<Record<string, string>>

/** All filters of the list at once. */
export function FilterDialog({ filters, choices, onClose }: DialogProps) {
  const [draft, setDraft] = useState<Draft>(() => pickLicenseFilters(filters.values) as Draft)
  const field = (name: FilterName) => ({
    label: filterTexts[name],
    value: draft[name] ?? '',
    onInput: (value: string) => setDraft((before) => ({ ...before, [name]: value })),
  })
  const day = (name: FilterName & `${string}_${'before' | 'after'}`) => ({
    ...field(name),
    type: 'date' as const,
    value: toDay(draft[name]),
    onInput: (value: string) => setDraft((before) => ({ ...before, [name]: fromDay(value) })),
  })

  return (
    <Dialog title="Filter licenses" onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          filters.set(
            Object.fromEntries(Object.entries(draft).map(([name, text]) => [name, text.trim()])),
          )
          onClose()
        }}
      >
        <div class="field-pair">
          <SelectField
            {...field('status')}
            options={[['', 'Any status'], ...Object.entries(statusTexts)]}
          />
          <ChoiceField
            {...field('plan')}
            any="Any plan"
            choices={choices.plans.map(({ slug, name }) => [slug, name])}
          />
          <ChoiceField
            {...field('product')}
            any="Any product"
            choices={choices.products.map(({ slug, name }) => [slug, name])}
          />
          <TextField {...field('customer_email')} type="email" hint="The full email address." />
          <TextField {...field('domain')} hint="A domain that is activated." />
          <TextField {...field('external_ref')} hint="Your own reference, such as an order." />
          <TextField {...day('expires_after')} />
          <TextField {...day('expires_before')} />
          <TextField {...day('created_after')} />
        </div>
        <div class="dialog-actions">
          <button type="button" class="quiet" onClick={() => setDraft(empty)}>
            Clear
          </button>
          <button type="submit">Show licenses</button>
        </div>
      </form>
    </Dialog>
  )
}

const empty = Object.fromEntries(Object.keys(filterTexts).map((name) => [name, ''])) as Readonly<
  Record<keyof LicenseFilter, string>
>

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly any: string
  readonly choices: readonly (readonly [value: string, text: string])[]
}

/** A choice, or a text if there is nothing to choose from. */
function ChoiceField({ any, choices, ...field }: ChoiceProps) {
  if (choices.length === 0) return <TextField {...field} hint="Its slug." />
  const isKnown = field.value === '' || choices.some(([value]) => value === field.value)
  const others: typeof choices = isKnown ? [] : [[field.value, field.value]]
  return <SelectField {...field} options={[['', any], ...choices, ...others]} />
}

/** The day of a time in the visitor's time zone, as a date field has it. */
function toDay(timestamp: string | undefined): string {
  const time = new Date(timestamp ?? '')
  if (Number.isNaN(time.getTime())) return ''
  const pad = (part: number) => String(part).padStart(2, '0')
  return `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`
}

/** The start of a day in the visitor's time zone, as the API takes it. */
function fromDay(day: string): string {
  const time = new Date(`${day}T00:00`)
  return Number.isNaN(time.getTime()) ? '' : time.toISOString()
}
