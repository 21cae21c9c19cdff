import { Fragment } from 'preact'
import { useState } from 'preact/hooks'
import type { License } from '~/wire/licenses.ts'
import type { Plan } from '~/wire/plans.ts'
import { api, call } from '../../shared/api.ts'
import { CopyButton } from '../../shared/copying.tsx'
import { Ago, formatNumber, Time } from '../../shared/format.tsx'
import { Section } from '../../shared/section.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { EditCustomer } from './edit-customer.tsx'
import { EditFeatures } from './edit-features.tsx'
import { EditNotes } from './edit-notes.tsx'
import { EditTerms } from './edit-terms.tsx'
import type { LicenseView } from './license-tabs.tsx'
import { formatUse, formatValue } from './license-words.ts'

const editors = {
  customer: EditCustomer,
  terms: EditTerms,
  features: EditFeatures,
  notes: EditNotes,
}
type EditorName = keyof typeof editors

/** The terms, limits, customer, features and notes of the license, each with an editor. */
export function LicenseOverview({ license, plan, reload }: LicenseView) {
  const can = useCan()
  const [editing, setEditing] = useState<EditorName | null>(null)
  const canEdit = can('licenses:write') && license.status !== 'revoked'
  const edit = (name: EditorName, label: string) =>
    canEdit && (
      <button type="button" class="plain tight" onClick={() => setEditing(name)}>
        {label}
      </button>
    )
  const Editor = editing === null ? null : editors[editing]
  return (
    <div class="columns">
      <div class="stack">
        <Section title="Terms" aside={edit('terms', 'Edit terms')}>
          <Terms license={license} plan={plan} />
        </Section>
        <Section title="Customer" aside={edit('customer', 'Edit customer')}>
          <Customer license={license} />
        </Section>
      </div>
      <div class="stack">
        <Section title="Limits">
          <Limits license={license} plan={plan} />
        </Section>
        <Section title="Features" aside={edit('features', 'Edit features')}>
          <Features license={license} />
        </Section>
        <Section title="Notes" aside={edit('notes', 'Edit notes')}>
          <Notes metadata={license.metadata} />
        </Section>
      </div>
      {Editor !== null && (
        <Editor license={license} plan={plan} reload={reload} onClose={() => setEditing(null)} />
      )}
    </div>
  )
}

interface PartProps {
  readonly license: License
  readonly plan: Plan | null
}

function Terms({ license, plan }: PartProps) {
  const { expires_at: expiresAt, activated_at: activatedAt, last_validated_at: lastAt } = license
  return (
    <dl class="facts">
      <dt>Plan</dt>
      <dd>
        <a class="in-text" href={`/admin/plans/${license.plan}`}>
          {plan?.name ?? license.plan}
        </a>
      </dd>
      <dt>Product</dt>
      <dd>{license.product}</dd>
      <dt>Created</dt>
      <dd>
        <Time at={license.created_at} />
      </dd>
      <dt>First validation</dt>
      <dd>{activatedAt === null ? 'Not yet' : <Time at={activatedAt} />}</dd>
      <dt>Expiration</dt>
      <dd>
        {expiresAt !== null && <Time at={expiresAt} />}
        {expiresAt === null && license.starts_on === undefined && 'Never'}
        {license.starts_on !== undefined && 'Set by the first validation'}
      </dd>
      <dt>Last validation</dt>
      <dd>
        {lastAt === null ? 'Not yet' : <Ago at={lastAt} />}
        {license.validation_count > 0 && (
          <span class="muted"> · {formatNumber(license.validation_count)} valid in total</span>
        )}
      </dd>
      <dt>ID</dt>
      <dd class="license-id">
        <span class="mono">{license.id}</span>
        <CopyButton text={license.id} what="the license ID" />
      </dd>
    </dl>
  )
}

const limitNames = [
  ['max_domains', 'Domains'],
  ['max_devices', 'Devices'],
  ['max_seats', 'Seats'],
] as const

function Limits({ license, plan }: PartProps) {
  const seats = useLoad(`seats in use ${license.id}`, () =>
    call(api.licenses({ id: license.id }).seats.get({ query: { limit: '100' } })),
  )
  const used = {
    max_domains: license.domains_count,
    max_devices: license.devices,
    max_seats: seats.data?.data.length ?? 0,
  }
  return (
    <ul class="limits">
      {limitNames.map(([name, label]) => (
        <li key={name}>
          <span>{label}</span>
          <span class="number">{formatUse(used[name], license[name])}</span>
          <Gauge used={used[name]} limit={license[name]} />
          {license.overrides.includes(name) && (
            <span class="small muted">
              Own limit
              {plan !== null && `; the plan has ${formatValue(name, plan[name]).toLowerCase()}`}
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}

/** The same as the numbers beside it, so screen readers skip it. */
function Gauge({ used, limit }: { used: number; limit: number | null }) {
  if (limit === null) return null
  const share = limit === 0 ? 1 : Math.min(used / limit, 1)
  return (
    <span class={`gauge ${used >= limit ? 'full' : ''}`} aria-hidden="true">
      <span style={{ width: `${share * 100}%` }} />
    </span>
  )
}

function Customer({ license }: { license: License }) {
  const { customer_email: email, customer_name: name, external_ref: reference } = license
  return (
    <dl class="facts">
      <dt>Email address</dt>
      <dd>
        {email === null ? (
          'Erased'
        ) : (
          <a class="in-text" href={`/admin/licenses?customer_email=${encodeURIComponent(email)}`}>
            {email}
          </a>
        )}
      </dd>
      <dt>Name</dt>
      <dd>{name ?? <span class="muted">None</span>}</dd>
      <dt>Reference</dt>
      <dd>{reference ?? <span class="muted">None</span>}</dd>
    </dl>
  )
}

function Notes({ metadata: { note, ...metadata } }: Pick<License, 'metadata'>) {
  const entries = Object.entries(metadata)
  if (note === undefined && entries.length === 0) {
    return <p class="muted">Nothing is noted about this license.</p>
  }
  return (
    <>
      {note !== undefined && <p class="note-text">{formatValue('note', note)}</p>}
      {entries.length > 0 && (
        <dl class="facts">
          {entries.map(([name, value]) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>{value === null ? 'null' : String(value)}</dd>
            </Fragment>
          ))}
        </dl>
      )}
    </>
  )
}

function Features({ license }: { license: License }) {
  const entries = Object.entries(license.features)
  if (entries.length === 0) return <p class="muted">The plan of this license has no features.</p>
  return (
    <>
      <dl class="facts">
        {entries.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{formatValue(name, value)}</dd>
          </Fragment>
        ))}
      </dl>
      {license.overrides.includes('features') && (
        <p class="small muted">Some of these are this license’s own, instead of the plan’s.</p>
      )}
    </>
  )
}
