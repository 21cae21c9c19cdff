import type { UpdateLicenseBody } from '~/wire/license-requests.ts'
import type { License } from '~/wire/licenses.ts'
import type { Plan } from '~/wire/plans.ts'
import { count, formatTime } from '../../shared/format.tsx'
import { errorAt, SelectField, TextField } from '../../shared/forms.tsx'
import { fromLocalInput, toLocalInput } from '../../shared/local-times.ts'
import { useChoices } from './choices.ts'
import { EditDialog, type EditorProps, type Fields } from './edit-dialog.tsx'
import { limitNames } from './license-draft.ts'
import { beginLimits, type LimitChoices, LimitField, toLimitChanges } from './limit-field.tsx'

interface Draft extends LimitChoices {
  readonly plan: string
  /** The new end: as it is, as the new plan says, at a time, or none. */
  readonly end: 'keep' | 'plan' | 'date' | 'never'
  readonly date: string
}

/** Changes the plan, the expiration and the limits. */
export function EditTerms(props: EditorProps) {
  const { license, plan } = props
  const { plans } = useChoices()
  const choices = plans.filter(({ product }) => product === license.product)
  const findPlan = (slug: string) =>
    choices.find((choice) => choice.slug === slug) ?? (slug === plan?.slug ? plan : null)
  return (
    <EditDialog
      {...props}
      title="Edit terms"
      pointers={['/plan', '/expiry', '/expires_at', ...limitNames.map((name) => `/${name}`)]}
      begin={begin}
      toChanges={(draft, base) => toChanges(draft, base, findPlan)}
    >
      {(fields) => (
        <>
          <PlanField {...fields} plans={choices} />
          <EndFields {...fields} next={findPlan(fields.draft.plan)} />
          {limitNames.map((name) => (
            <LimitField
              key={name}
              name={name}
              draft={fields.draft[name]}
              onInput={(limit) => fields.set({ [name]: limit })}
              plan={findPlan(fields.draft.plan)}
              error={errorAt(fields.problem, `/${name}`)}
            />
          ))}
        </>
      )}
    </EditDialog>
  )
}

function begin(license: License): Draft {
  const date = toLocalInput(license.expires_at ?? undefined)
  return { plan: license.plan, end: 'keep', date, ...beginLimits(license) }
}

type FindPlan = (slug: string) => Plan | null

function toChanges(draft: Draft, license: License, findPlan: FindPlan): UpdateLicenseBody {
  const isMoved = draft.plan !== license.plan
  return {
    ...(isMoved && { plan: draft.plan }),
    ...toEnd(draft, license, isMoved && findPlan(draft.plan) !== null),
    ...toLimitChanges(draft, license),
  }
}

function toEnd({ end, date }: Draft, license: License, isMoved: boolean): UpdateLicenseBody {
  if (end === 'never') return license.expires_at === null && !isMoved ? {} : { expires_at: null }
  if (end === 'date') {
    const isKept = date === toLocalInput(license.expires_at ?? undefined) && !isMoved
    return isKept ? {} : { expires_at: fromLocalInput(date) ?? date }
  }
  return isMoved && license.starts_on === undefined ? { expiry: end } : {}
}

interface PlanFieldProps extends Fields<Draft> {
  readonly plans: readonly Plan[]
}

function PlanField({ draft, set, problem, license, plans }: PlanFieldProps) {
  const known = plans.some(({ slug }) => slug === license.plan)
  return (
    <SelectField
      label="Plan"
      value={draft.plan}
      onInput={(plan) => set({ plan, ...(plan === license.plan && { end: 'keep' }) })}
      options={[
        ...(known ? [] : [[license.plan, license.plan] as const]),
        ...plans.map(({ slug, name }) => [slug, name] as const),
      ]}
      error={errorAt(problem, '/plan')}
    />
  )
}

function EndFields({ draft, set, problem, license, next }: Fields<Draft> & { next: Plan | null }) {
  const { expires_at: expiresAt, starts_on: startsOn } = license
  const isMoved = draft.plan !== license.plan
  const kept = expiresAt === null ? 'never expires' : formatTime(expiresAt)
  const ends = [
    ['keep', startsOn === undefined ? `As it is: ${kept}` : 'Set by the first validation'],
    ...(isMoved && next !== null
      ? [['plan', `As in the plan: ${describeTerm(next)}`] as const]
      : []),
    ['date', 'At a time'],
    ['never', 'Never'],
  ] as const
  return (
    <>
      <SelectField
        label="Expiration"
        value={draft.end}
        onInput={(end) => set({ end: ends.find(([value]) => value === end)?.[0] ?? 'keep' })}
        options={ends}
        error={errorAt(problem, '/expiry')}
      />
      {draft.end === 'date' && (
        <TextField
          label="Expires at"
          type="datetime-local"
          value={draft.date}
          onInput={(date) => set({ date })}
          hint="In your time zone."
          error={errorAt(problem, '/expires_at')}
        />
      )}
    </>
  )
}

const describeTerm = ({ duration_days: days }: Plan) =>
  days === null ? 'never expires' : `${count(days, 'day')} from now`
