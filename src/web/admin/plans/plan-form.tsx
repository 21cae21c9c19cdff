import type { ComponentChildren } from 'preact'
import type { Plan } from '~/wire/plans.ts'
import type { Problem } from '../../shared/api.ts'
import { errorAt, TextField } from '../../shared/forms.tsx'
import { FeatureFields } from './feature-fields.tsx'
import { LimitFields, TermFields } from './limit-fields.tsx'
import type { PlanDraft } from './plan-draft.ts'
import { FieldSection } from './plan-fields.tsx'
import {
  DomainFields,
  OfflineFields,
  ReleaseFields,
  SeatFields,
  SharingFields,
} from './use-fields.tsx'

interface PlanFieldsProps {
  /** The plan that is changed; null while one is created. */
  readonly plan: Plan | null
  readonly draft: PlanDraft
  readonly onDraft: (draft: PlanDraft) => void
  readonly problem: Problem | null
  /** More fields beside the name. */
  readonly children?: ComponentChildren
}

/** All fields of a plan, in groups. */
export function PlanFields({ plan, draft, onDraft, problem, children }: PlanFieldsProps) {
  const set = (changes: Partial<PlanDraft>) => onDraft({ ...draft, ...changes })
  const group = { draft, set, problem }
  return (
    <div>
      <FieldSection title="Name" about="What you and your customers call this plan.">
        <TextField
          label="Name"
          value={draft.name}
          onInput={(name) => set({ name })}
          error={errorAt(problem, '/name')}
        />
        {children}
      </FieldSection>
      <LimitFields {...group} plan={plan} />
      <TermFields {...group} />
      <FeatureFields {...group} />
      <DomainFields {...group} />
      <ReleaseFields {...group} />
      <SeatFields {...group} />
      <OfflineFields {...group} />
      <SharingFields {...group} />
    </div>
  )
}

/** The pointers of all fields. */
export const planPointers = [
  '/name',
  '/slug',
  '/product',
  '/features',
  '/max_domains',
  '/max_devices',
  '/max_seats',
  '/duration_days',
  '/grace_days',
  '/free_domain_patterns',
  '/free_domains_per_domain',
  '/deactivations_max_per_30_days',
  '/evict_idle_days',
  '/seat_lease_seconds',
  '/borrow_days_max',
  '/offline',
  '/sharing',
]
