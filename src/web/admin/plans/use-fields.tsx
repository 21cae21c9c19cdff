import { AreaField, CheckField, errorAt, SelectField, TextField } from '../../shared/forms.tsx'
import type { OfflineName, SharingName } from './plan-draft.ts'
import {
  FieldSection,
  FlagField,
  type GroupProps,
  LabelWithHint,
  NumberField,
} from './plan-fields.tsx'

export function DomainFields(group: GroupProps) {
  const { draft, set, problem } = group
  return (
    <FieldSection title="Domains" about="Which hosts take a slot, and which are free.">
      <SelectField
        label="Matching"
        value={draft.domain_match}
        onInput={(value) => set({ domain_match: value === 'subdomains' ? 'subdomains' : 'exact' })}
        options={[
          ['exact', 'Each host takes a slot'],
          ['subdomains', 'One slot covers a domain and its subdomains'],
        ]}
      />
      <FlagField
        {...group}
        name="development_domains_free"
        label="Development domains are free"
        hint="localhost, private addresses, .test and similar hosts take no slot."
      />
      <AreaField
        label="Free hosts"
        hint="One pattern per line. staging.* is free if the rest is an activated domain, *.wpengine.com always."
        rows={3}
        isMono
        value={draft.free_domain_patterns}
        onInput={(text) => set({ free_domain_patterns: text })}
        error={errorAt(problem, '/free_domain_patterns')}
      />
      <NumberField
        {...group}
        name="free_domains_per_domain"
        label="Free hosts for each activated domain"
        hint="The same number is free before a domain is activated."
      />
    </FieldSection>
  )
}

export function ReleaseFields(group: GroupProps) {
  return (
    <FieldSection title="Moving" about="How customers move to another domain or device.">
      <FlagField
        {...group}
        name="self_deactivation"
        label="Apps can free slots"
        hint="With /deactivate. Otherwise only you can."
      />
      <NumberField
        {...group}
        name="deactivations_max_per_30_days"
        label="Most slots freed in 30 days"
        placeholder="Unlimited"
      />
      <NumberField
        {...group}
        name="evict_idle_days"
        label="Days until an idle slot can be taken"
        hint="A new domain or device then replaces the one that was not seen for so long."
        placeholder="Never"
      />
    </FieldSection>
  )
}

export function SeatFields(group: GroupProps) {
  return (
    <FieldSection title="Seats" about="For licenses that limit how many people work at once.">
      <div class="pair">
        <NumberField
          {...group}
          name="seat_lease_seconds"
          label="Seconds until a seat is free"
          hint="Unless the app renews it."
        />
        <NumberField
          {...group}
          name="borrow_days_max"
          label="Days a seat can be borrowed"
          hint="0 if it cannot."
        />
      </div>
    </FieldSection>
  )
}

const offlineFields: readonly (readonly [
  name: OfflineName,
  label: string,
  hint: string,
  placeholder?: string,
])[] = [
  ['refresh_days', 'Days until a refresh', 'Then the app gets a new lease.'],
  ['valid_days', 'Days without a warning', 'Then the app works, but asks for a connection.'],
  ['hard_days', 'Days until the end', 'Then the lease is no longer valid.'],
  ['file_days', 'Days of a license file', 'For devices without a connection.', 'As the license'],
]

export function OfflineFields({ draft, set, problem }: GroupProps) {
  return (
    <FieldSection title="Offline use" about="How long apps work without the server.">
      <CheckField
        label={
          <LabelWithHint
            label="Apps can work offline"
            hint="With a signed lease or a license file. Until it ends, a revocation may not reach them."
          />
        }
        isChecked={draft.isOffline}
        onInput={(isOffline) => set({ isOffline })}
      />
      {draft.isOffline && (
        <div class="pair">
          {offlineFields.map(([name, label, hint, placeholder = '']) => (
            <TextField
              key={name}
              label={label}
              hint={hint}
              placeholder={placeholder}
              inputMode="numeric"
              value={draft.offline[name]}
              onInput={(text) => set({ offline: { ...draft.offline, [name]: text } })}
              error={errorAt(problem, `/offline/${name}`)}
            />
          ))}
        </div>
      )}
    </FieldSection>
  )
}

const sharingFields: readonly (readonly [name: SharingName, label: string])[] = [
  ['countries_per_day', 'Countries a day'],
  ['devices_per_day', 'Devices a day'],
  ['domains_per_day', 'Domains a day'],
]

export function SharingFields({ draft, set, problem }: GroupProps) {
  return (
    <FieldSection title="Sharing" about="Find keys that are passed on. Nothing is blocked.">
      <CheckField
        label={
          <LabelWithHint
            label="Watch for shared keys"
            hint="A license with more of them in a day emits license.sharing_suspected."
          />
        }
        isChecked={draft.watchesSharing}
        onInput={(watchesSharing) => set({ watchesSharing })}
      />
      {draft.watchesSharing && (
        <div class="pair">
          {sharingFields.map(([name, label]) => (
            <TextField
              key={name}
              label={label}
              placeholder="Not watched"
              inputMode="numeric"
              value={draft.sharing[name]}
              onInput={(text) => set({ sharing: { ...draft.sharing, [name]: text } })}
              error={errorAt(problem, `/sharing/${name}`)}
            />
          ))}
        </div>
      )}
    </FieldSection>
  )
}
