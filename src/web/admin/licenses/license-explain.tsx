import { useEffect, useState } from 'preact/hooks'
import type { Explanation } from '~/wire/explanations.ts'
import { api, call } from '../../shared/api.ts'
import { TextWithTimes } from '../../shared/format.tsx'
import { errorAt, Form, TextField } from '../../shared/forms.tsx'
import { Icon } from '../../shared/icons.tsx'
import { fromLocalInput, toLocalInput } from '../../shared/local-times.ts'
import { Section } from '../../shared/section.tsx'
import { Badge, Bones, Notice } from '../../shared/states.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { toWords } from '../../shared/words.ts'
import { presentNotice } from '../plans/notice-texts.ts'
import type { LicenseView } from './license-tabs.tsx'

const names = ['domain', 'fingerprint', 'product', 'features', 'at'] as const
type Draft = Readonly<Record<(typeof names)[number], string>>

/** A form for the request of an app, and what a validation would return. The address has the request. */
export function LicenseExplain({ license }: LicenseView) {
  const { values, set } = useFilters()
  const query = pickFilters(values, names)
  const key = `explain ${license.id} ${license.version} ${JSON.stringify(query)}`
  const loaded = useLoad(key, () => call(api.licenses({ id: license.id }).explain.get({ query })))
  const action = { problem: loaded.problem, isBusy: loaded.isLoading }
  return (
    <div class="columns">
      <Section title="Check a validation">
        <ExplainForm
          query={query}
          action={action}
          onSubmit={(draft) => {
            const at = draft.at === '' ? '' : (fromLocalInput(draft.at) ?? draft.at)
            const next = { ...draft, at }
            if (names.every((name) => next[name] === (query[name] ?? ''))) loaded.reload()
            else set(next)
          }}
        />
      </Section>
      <Section title="Result">
        {loaded.data !== null && <Result explanation={loaded.data} />}
        {loaded.data === null && loaded.problem === null && <Bones lines={6} />}
        {loaded.data === null && loaded.problem !== null && (
          <p class="muted">Correct the request, then check again.</p>
        )}
      </Section>
    </div>
  )
}

interface ExplainFormProps {
  readonly query: Partial<Draft>
  readonly action: Parameters<typeof Form>[0]['action']
  readonly onSubmit: (draft: Draft) => void
}

function ExplainForm({ query, action, onSubmit }: ExplainFormProps) {
  const [draft, setDraft] = useState(() => toDraft(query))
  const asked = JSON.stringify(query)
  useEffect(() => setDraft(toDraft(query)), [asked])
  const field = (name: keyof Draft) => ({
    value: draft[name],
    onInput: (text: string) => setDraft((before) => ({ ...before, [name]: text })),
    error: errorAt(action.problem, `?${name}`),
  })
  return (
    <Form
      action={action}
      onSubmit={() => onSubmit(draft)}
      submit="Check"
      pointers={names.map((name) => `?${name}`)}
    >
      <p class="muted">Fill in what the app sends. Nothing is changed, and no slot is taken.</p>
      <TextField label="Domain" placeholder="shop.example.com" {...field('domain')} />
      <TextField label="Fingerprint" isMono {...field('fingerprint')} />
      <TextField label="Product" hint="If the app names one." {...field('product')} />
      <TextField label="Features" hint="Names, separated by commas." {...field('features')} />
      <TextField
        label="Time"
        type="datetime-local"
        hint="Checks the license as it is now, at another time."
        {...field('at')}
      />
    </Form>
  )
}

function toDraft({
  at,
  domain = '',
  fingerprint = '',
  product = '',
  features = '',
}: Partial<Draft>) {
  return { domain, fingerprint, product, features, at: toLocalInput(at) }
}

function Result({ explanation }: { explanation: Explanation }) {
  const { valid, error, checks, notices } = explanation
  const first = checks.findIndex(({ passed }) => !passed)
  return (
    <>
      <p class="row" role="status">
        <Badge tone={valid ? 'good' : 'bad'}>{valid ? 'Valid' : 'Refused'}</Badge>
        {error !== null && (
          <span>
            {toWords(error)} <code>{error}</code>
          </span>
        )}
      </p>
      <ol class="checks">
        {checks.map(({ name, passed, detail }, index) => (
          <li key={name} class={passed ? 'passed' : 'failed'}>
            <Icon name={passed ? 'check' : 'close'} size={16} />
            <div>
              <strong>{toWords(name)}</strong>{' '}
              {index === first && <span class="small error-text">Refused by this check</span>}
              {!passed && index !== first && <span class="small muted">Fails as well</span>}
              <span class="only-read">{passed ? 'passed' : 'failed'}</span>
              <div>
                <TextWithTimes text={detail} />
              </div>
            </div>
          </li>
        ))}
      </ol>
      {notices.length > 0 && (
        <Notice tone="warn">
          {notices.map((notice) => (
            <p key={notice}>{presentNotice(notice)}</p>
          ))}
        </Notice>
      )}
    </>
  )
}
