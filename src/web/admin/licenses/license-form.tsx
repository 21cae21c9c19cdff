import { useState } from 'preact/hooks'
import type { Plan } from '~/wire/plans.ts'
import { count } from '../../shared/format.tsx'
import { AreaField, errorAt, Form, SelectField, TextField } from '../../shared/forms.tsx'
import type { Action } from '../../shared/use-action.ts'
import { EntryFields } from './entry-fields.tsx'
import { ExpiryFields } from './expiry-fields.tsx'
import type { LicenseDraft } from './license-draft.ts'
import { FeatureFields, LimitFields } from './override-fields.tsx'

interface FormProps {
  readonly plans: readonly Plan[]
  readonly start: LicenseDraft
  readonly action: Action<[draft: LicenseDraft]>
  readonly onCancel: () => void
}

/** The props of each part of the form. */
export interface PartProps {
  readonly draft: LicenseDraft
  readonly plan: Plan | null
  readonly onInput: (changes: Partial<LicenseDraft>) => void
  readonly errorOf: (pointer: string) => string | undefined
}

const pointers = [
  '/plan',
  '/customer_email',
  '/customer_name',
  '/quantity',
  '/expires_at',
  '/max_domains',
  '/max_devices',
  '/max_seats',
  '/features',
  '/metadata',
  '/external_ref',
  '/key',
  '/domains',
]

/** All fields of a new license. What a plan gives is shown beside what the license can have instead. */
export function LicenseForm({ plans, start, action, onCancel }: FormProps) {
  const [draft, setDraft] = useState(start)
  const plan = plans.find(({ slug }) => slug === draft.plan) ?? null
  const part: PartProps = {
    draft,
    plan,
    onInput: (changes) => setDraft((before) => ({ ...before, ...changes })),
    errorOf: (pointer) => errorAt(action.problem, pointer),
  }
  const quantity = Number(draft.quantity)
  return (
    <div class="license-form">
      <Form
        action={action}
        onSubmit={() => action.run(draft)}
        submit={quantity > 1 ? `Create ${count(quantity, 'license')}` : 'Create license'}
        onCancel={onCancel}
        pointers={pointers}
      >
        <MainFields {...part} plans={plans} />
        {plan !== null && (
          <>
            <section class="card form">
              <h2>Limits and features</h2>
              <LimitFields {...part} plan={plan} />
              <FeatureFields {...part} plan={plan} />
            </section>
            <section class="card form">
              <h2>Expiration</h2>
              <ExpiryFields {...part} plan={plan} />
            </section>
          </>
        )}
        <OtherFields {...part} />
      </Form>
    </div>
  )
}

function MainFields({
  draft,
  onInput,
  errorOf,
  plans,
}: PartProps & { readonly plans: readonly Plan[] }) {
  return (
    <section class="card form">
      <h2>Plan and customer</h2>
      <div class="field-pair wide">
        <SelectField
          label="Plan"
          value={draft.plan}
          onInput={(plan) => onInput({ plan, features: {} })}
          error={errorOf('/plan')}
          options={[['', 'Choose a plan'], ...plans.map(({ slug, name }) => [slug, name] as const)]}
        />
        <TextField
          label="Quantity"
          hint="Up to 1,000 at once, each with a key of its own."
          inputMode="numeric"
          value={draft.quantity}
          onInput={(quantity) => onInput({ quantity: quantity.replace(/\D/g, '') })}
          error={errorOf('/quantity')}
        />
        <TextField
          label="Customer's email address"
          type="email"
          inputMode="email"
          value={draft.customerEmail}
          onInput={(customerEmail) => onInput({ customerEmail })}
          error={errorOf('/customer_email')}
        />
        <TextField
          label="Customer's name"
          hint="Optional."
          value={draft.customerName}
          onInput={(customerName) => onInput({ customerName })}
          error={errorOf('/customer_name')}
        />
      </div>
    </section>
  )
}

/** Fields that few licenses need. They open by themselves if one of them has an error. */
function OtherFields({ draft, onInput, errorOf }: PartProps) {
  const hasError = ['/external_ref', '/key', '/domains', '/metadata'].some(
    (pointer) => errorOf(pointer) !== undefined,
  )
  return (
    <details class="card" open={hasError || undefined}>
      <summary>Reference, own key, domains and metadata</summary>
      <div class="form">
        <TextField
          label="Reference"
          hint="Your own, such as an order number. The search finds it."
          value={draft.reference}
          onInput={(reference) => onInput({ reference })}
          error={errorOf('/external_ref')}
        />
        <TextField
          label="Existing key"
          hint="To import a license from another system. Without it, a new key is generated."
          isMono
          value={draft.key}
          onInput={(key) => onInput({ key })}
          error={errorOf('/key')}
        />
        <AreaField
          label="Domains to activate"
          hint="One per line. They take slots at once."
          rows={2}
          value={draft.domains}
          onInput={(domains) => onInput({ domains })}
          error={errorOf('/domains')}
        />
        <EntryFields
          title="Metadata"
          noun="entry"
          entries={draft.metadata}
          onInput={(metadata) => onInput({ metadata })}
          error={errorOf('/metadata')}
        />
      </div>
    </details>
  )
}
