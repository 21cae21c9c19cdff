import { eventTypeOptions } from '../../shared/event-types.ts'
import { SelectField, TextField } from '../../shared/forms.tsx'
import { fromLocalInput, toLocalInput } from '../../shared/local-times.ts'
import type { Filters } from '../../shared/use-filters.ts'

export const filterNames = ['status', 'type', 'webhook_id', 'after', 'before'] as const

type Values = { readonly [Name in (typeof filterNames)[number]]?: string }

interface DeliveryFiltersProps {
  readonly values: Values
  readonly onChange: Filters['set']
  readonly urls: ReadonlyMap<string, string>
}

const statuses = [
  ['', 'All statuses'],
  ['delivered', 'Delivered'],
  ['pending', 'Pending'],
  ['failed', 'Failed'],
] as const

/** While somebody types a year, it begins with zeros. */
const YEAR_MIN = '2000'

export function DeliveryFilters({ values, onChange, urls }: DeliveryFiltersProps) {
  const endpoints = [['', 'All endpoints'] as const, ...urls]
  const known = endpoints.some(([id]) => id === (values.webhook_id ?? ''))
  const setTime = (name: 'after' | 'before') => (text: string) => {
    if (text === '' || text >= YEAR_MIN) onChange({ [name]: fromLocalInput(text) ?? undefined })
  }
  return (
    <div class="toolbar delivery-filters">
      <SelectField
        label="Status"
        value={values.status ?? ''}
        onInput={(status) => onChange({ status })}
        options={statuses}
      />
      <SelectField
        label="Event type"
        value={values.type ?? ''}
        onInput={(type) => onChange({ type })}
        options={eventTypeOptions}
      />
      <SelectField
        label="Endpoint"
        value={values.webhook_id ?? ''}
        onInput={(id) => onChange({ webhook_id: id })}
        options={
          known ? endpoints : [...endpoints, [values.webhook_id ?? '', values.webhook_id ?? '']]
        }
      />
      <TextField
        label="Created from"
        type="datetime-local"
        value={toLocalInput(values.after)}
        onInput={setTime('after')}
      />
      <TextField
        label="Created before"
        type="datetime-local"
        value={toLocalInput(values.before)}
        onInput={setTime('before')}
      />
    </div>
  )
}
