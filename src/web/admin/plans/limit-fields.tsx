import type { Plan } from '~/wire/plans.ts'
import { SelectField } from '../../shared/forms.tsx'
import { EffectPreview } from './effect-preview.tsx'
import { FieldSection, FlagField, type GroupProps, NumberField } from './plan-fields.tsx'

const UNLIMITED = 'Unlimited'

/** Limits and what enforces them. `plan` is null while it is created. */
export function LimitFields({ plan, ...group }: GroupProps & { readonly plan: Plan | null }) {
  const { draft, set } = group
  return (
    <FieldSection title="Limits" about="How much a license may be used at once.">
      <div class="pair">
        <NumberField {...group} name="max_domains" label="Domains" placeholder={UNLIMITED} />
        <NumberField {...group} name="max_devices" label="Devices" placeholder={UNLIMITED} />
        <NumberField {...group} name="max_seats" label="Seats at once" placeholder={UNLIMITED} />
      </div>
      {plan !== null && <EffectPreview plan={plan} draft={draft} />}
      <FlagField
        {...group}
        name="require_domain"
        label="Require a domain"
        hint="Otherwise, apps that send no domain are not limited."
      />
      <FlagField
        {...group}
        name="require_fingerprint"
        label="Require a device fingerprint"
        hint="Otherwise, apps that send no fingerprint are not limited."
      />
      <SelectField
        label="Activation"
        hint="Whether a validation on a new domain or device takes a free slot, or only a call of /activate."
        value={draft.activation}
        onInput={(value) => set({ activation: value === 'explicit' ? 'explicit' : 'automatic' })}
        options={[
          ['automatic', 'Automatic, with the first validation'],
          ['explicit', 'Explicit, with /activate'],
        ]}
      />
    </FieldSection>
  )
}

export function TermFields(group: GroupProps) {
  const { draft, set } = group
  return (
    <FieldSection
      title="Term"
      about="How long a license is valid. It applies to licenses that are created or renewed from now on."
    >
      <div class="pair">
        <NumberField {...group} name="duration_days" label="Days" placeholder="Perpetual" />
        <NumberField {...group} name="grace_days" label="Days of grace" />
      </div>
      <span class="muted small">
        During the days of grace, an expired license stays valid with the warning IN_GRACE.
      </span>
      <SelectField
        label="The days start"
        value={draft.starts_on}
        onInput={(value) =>
          set({ starts_on: value === 'first_validation' ? 'first_validation' : 'creation' })
        }
        options={[
          ['creation', 'When the license is created'],
          ['first_validation', 'With the first validation'],
        ]}
      />
    </FieldSection>
  )
}
