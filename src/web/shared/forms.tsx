import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { Problem } from './api.ts'
import { ProblemNotice } from './states.tsx'
import type { Action } from './use-action.ts'

interface FormProps {
  /** Runs when it is sent; the fields are those of `action.problem`. */
  readonly action: Pick<Action<never>, 'problem' | 'isBusy'>
  readonly onSubmit: () => void
  readonly submit: string
  readonly isDanger?: boolean
  /** Whether the page has a more important button. */
  readonly isSecondary?: boolean
  readonly onCancel?: () => void
  /** The pointers that a field of the form shows itself. Errors of others are listed at its top. */
  readonly pointers?: readonly string[]
  readonly children: ComponentChildren
}

/** A form with its buttons. Errors of fields are shown at the fields, and the first gets the focus. */
export function Form(props: FormProps) {
  const {
    action,
    onSubmit,
    submit,
    isDanger,
    isSecondary,
    onCancel,
    pointers = [],
    children,
  } = props
  const { problem, isBusy } = action
  const element = useRef<HTMLFormElement>(null)
  useEffect(() => {
    const invalid = element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
    invalid?.focus()
  }, [problem])
  const isAtFields =
    problem !== null &&
    problem.errors.length > 0 &&
    problem.errors.every(({ pointer }) => pointers.some((known) => covers(known, pointer)))

  return (
    <form
      ref={element}
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      {!isAtFields && <ProblemNotice problem={problem} />}
      {children}
      <div class="dialog-actions">
        {onCancel !== undefined && (
          <button type="button" class="plain" onClick={onCancel}>
            Cancel
          </button>
        )}
        <button
          type="submit"
          class={isDanger ? 'danger' : isSecondary ? 'plain' : ''}
          aria-busy={isBusy}
          disabled={isBusy}
        >
          {submit}
        </button>
      </div>
    </form>
  )
}

const covers = (known: string, pointer: string) =>
  pointer === known || pointer.startsWith(`${known}/`)

/** Returns what a problem says about the field at a pointer, such as `/customer_email`. */
export function errorAt(problem: Problem | null, pointer: string): string | undefined {
  return problem?.errors.find((error) => covers(pointer, error.pointer))?.detail
}

export interface FieldProps {
  readonly label: string
  readonly hint?: ComponentChildren
  readonly error?: string | undefined
}

interface ControlProps {
  readonly id: string
  readonly 'aria-invalid': 'true' | undefined
  readonly 'aria-describedby': string | undefined
}

/** A labeled control with its hint and its error. `children` gets the attributes that connect them. */
export function Field({
  label,
  hint,
  error,
  children,
}: FieldProps & { readonly children: (control: ControlProps) => ComponentChildren }) {
  const id = useId()
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`]
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        'aria-invalid': error === undefined ? undefined : 'true',
        'aria-describedby': described.filter(Boolean).join(' ') || undefined,
      })}
      {hint !== undefined && (
        <span id={`${id}-hint`} class="hint">
          {hint}
        </span>
      )}
      {error !== undefined && (
        <span id={`${id}-error`} class="error">
          {error}
        </span>
      )}
    </div>
  )
}

interface TextProps extends FieldProps {
  readonly value: string
  readonly onInput: (value: string) => void
  readonly type?:
    | 'text'
    | 'email'
    | 'url'
    | 'number'
    | 'password'
    | 'search'
    | 'datetime-local'
    | 'date'
  readonly placeholder?: string
  readonly autocomplete?: string
  readonly inputMode?: 'numeric' | 'text' | 'email'
  readonly isRequired?: boolean
  readonly isMono?: boolean
}

export function TextField({
  value,
  onInput,
  type = 'text',
  placeholder,
  autocomplete = 'off',
  inputMode,
  isRequired,
  isMono,
  ...field
}: TextProps) {
  return (
    <Field {...field}>
      {(control) => (
        <input
          {...control}
          // Preact has one type of attributes for each type of input, and none for several.
          type={type as 'text'}
          value={value}
          placeholder={placeholder}
          autocomplete={autocomplete}
          inputMode={inputMode}
          required={isRequired}
          spellcheck={isMono ? false : undefined}
          class={isMono ? 'mono' : ''}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

interface AreaProps extends FieldProps {
  readonly value: string
  readonly onInput: (value: string) => void
  readonly rows?: number
  readonly isMono?: boolean
}

export function AreaField({ value, onInput, rows = 4, isMono, ...field }: AreaProps) {
  return (
    <Field {...field}>
      {(control) => (
        <textarea
          {...control}
          rows={rows}
          value={value}
          spellcheck={isMono ? false : undefined}
          class={isMono ? 'mono' : ''}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

interface SelectProps extends FieldProps {
  readonly value: string
  readonly onInput: (value: string) => void
  /** Values and their texts. */
  readonly options: readonly (readonly [value: string, text: string])[]
}

export function SelectField({ value, onInput, options, ...field }: SelectProps) {
  return (
    <Field {...field}>
      {(control) => (
        <select {...control} value={value} onInput={(event) => onInput(event.currentTarget.value)}>
          {options.map(([option, text]) => (
            <option key={option} value={option} selected={option === value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

interface CheckProps {
  readonly label: ComponentChildren
  readonly isChecked: boolean
  readonly onInput: (isChecked: boolean) => void
  readonly isDisabled?: boolean
}

export function CheckField({ label, isChecked, onInput, isDisabled }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={isChecked}
        disabled={isDisabled}
        onInput={(event) => onInput(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  )
}
