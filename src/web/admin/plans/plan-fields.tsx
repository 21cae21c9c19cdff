import type { ComponentChildren } from 'preact'
import type { Problem } from '../../shared/api.ts'
import { CheckField, errorAt, TextField } from '../../shared/forms.tsx'
import type { FlagName, NumberName, PlanDraft } from './plan-draft.ts'

/** The part of a form that a group of fields shows and changes. */
export interface GroupProps {
  readonly draft: PlanDraft
  readonly set: (changes: Partial<PlanDraft>) => void
  readonly problem: Problem | null
}

interface SectionProps {
  readonly title: string
  readonly about: string
  readonly children: ComponentChildren
}

/** A group of fields, with what they are about. */
export function FieldSection({ title, about, children }: SectionProps) {
  return (
    <section class="section" aria-label={title}>
      <div class="about">
        <h2>{title}</h2>
        <p>{about}</p>
      </div>
      <div class="form">{children}</div>
    </section>
  )
}

interface NumberProps extends GroupProps {
  readonly name: NumberName
  readonly label: string
  readonly hint?: string
  /** The meaning of an empty field. */
  readonly placeholder?: string
}

export function NumberField({ draft, set, problem, name, ...field }: NumberProps) {
  return (
    <TextField
      {...field}
      inputMode="numeric"
      value={draft[name]}
      onInput={(text) => set({ [name]: text })}
      error={errorAt(problem, `/${name}`)}
    />
  )
}

interface FlagProps extends Pick<GroupProps, 'draft' | 'set'> {
  readonly name: FlagName
  readonly label: string
  readonly hint: string
}

export function FlagField({ draft, set, name, label, hint }: FlagProps) {
  return (
    <CheckField
      label={<LabelWithHint label={label} hint={hint} />}
      isChecked={draft[name]}
      onInput={(isSet) => set({ [name]: isSet })}
    />
  )
}

/** The label of a checkbox with a line under it. */
export function LabelWithHint({ label, hint }: { label: string; hint: string }) {
  return (
    <>
      {label}
      <br />
      <span class="muted small">{hint}</span>
    </>
  )
}
