import { useState } from 'preact/hooks'
import type { DryRun } from '~/wire/checkout-dry-runs.ts'
import { api, call, Problem } from '../../shared/api.ts'
import { AreaField, errorAt, Form, SelectField, TextField } from '../../shared/forms.tsx'
import { Page } from '../../shared/page.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useFilters } from '../../shared/use-filters.ts'
import { CheckoutTabs } from './checkout-tabs.tsx'
import { type Provider, providerNames } from './checkout-words.ts'
import { DryRunResult } from './dry-run-result.tsx'

/** Says what an event would do, without doing it. */
export function DryRunPage() {
  const { values } = useFilters()
  const [eventId, setEventId] = useState(values.event_id ?? '')
  const [provider, setProvider] = useState<string>('stripe')
  const [json, setJson] = useState('')
  const [result, setResult] = useState<DryRun | null>(null)
  const action = useAction(async () => {
    setResult(null)
    const body =
      eventId.trim() === ''
        ? { provider: provider as Provider, event: parseEvent(json) }
        : { event_id: eventId.trim() }
    setResult(await call(api.checkout['dry-run'].post(body)))
  })
  const { problem } = action
  return (
    <Page title="Dry run" note="Find out what an event would do. Nothing is changed or sent.">
      <CheckoutTabs current="Dry run" />
      <div class="columns">
        <Form
          action={action}
          onSubmit={action.run}
          submit="Run dry"
          pointers={['/event_id', '/provider', '/event']}
        >
          <TextField
            label="ID of a stored event"
            hint="Leave it empty to paste an event instead."
            placeholder="chk_…"
            isMono
            value={eventId}
            onInput={setEventId}
            error={errorAt(problem, '/event_id')}
          />
          {eventId.trim() === '' && (
            <>
              <SelectField
                label="Shop"
                value={provider}
                onInput={setProvider}
                options={Object.entries(providerNames)}
                error={errorAt(problem, '/provider')}
              />
              <AreaField
                label="JSON of the event, as the shop sends it"
                rows={14}
                isMono
                value={json}
                onInput={setJson}
                error={errorAt(problem, '/event')}
              />
            </>
          )}
        </Form>
        <div aria-live="polite">{result !== null && <DryRunResult result={result} />}</div>
      </div>
    </Page>
  )
}

/** Throws a Problem at the field unless the text is a JSON object. */
function parseEvent(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value)) return value
  } catch {
    // The message below says what to do.
  }
  const detail = 'Paste a JSON object, such as the one that the dashboard of your shop shows.'
  throw new Problem(422, { detail, errors: [{ pointer: '/event', detail }] })
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
