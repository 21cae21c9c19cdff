import type { Scope } from '~/domain/api-keys.ts'
import { CheckField } from '../../shared/forms.tsx'
import { useCan, useSession } from '../session.tsx'
import { scopeGroups } from './scope-texts.ts'

interface ScopeFieldsProps {
  readonly value: readonly string[]
  readonly onInput: (scopes: readonly string[]) => void
  readonly error?: string | undefined
}

/** Checkboxes of all scopes, in groups. Those that the person lacks cannot be granted. */
export function ScopeFields({ value, onInput, error }: ScopeFieldsProps) {
  const { session } = useSession()
  const can = useCan()
  const hasAll = session.scopes.includes('*')
  const isAll = value.includes('*')
  const toggle = (scope: Scope, isGranted: boolean) =>
    onInput(isGranted ? [...value, scope] : value.filter((one) => one !== scope))

  return (
    <fieldset class="field scope-fields">
      <legend>Scopes</legend>
      {!hasAll && <p class="hint">You can grant only scopes that you have.</p>}
      {error !== undefined && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      <CheckField
        label="Everything, also what later versions add"
        isChecked={isAll}
        isDisabled={!hasAll}
        onInput={(isGranted) => onInput(isGranted ? ['*'] : [])}
      />
      <div class="scope-groups">
        {scopeGroups.map(({ title, scopes }) => (
          <fieldset key={title} class="field">
            <legend>{title}</legend>
            {scopes.map(([scope, text]) => (
              <CheckField
                key={scope}
                label={<ScopeLabel scope={scope} text={text} />}
                isChecked={isAll || value.includes(scope)}
                isDisabled={isAll || !can(scope)}
                onInput={(isGranted) => toggle(scope, isGranted)}
              />
            ))}
          </fieldset>
        ))}
      </div>
    </fieldset>
  )
}

/** The label of a scope: what it allows, and its name as in errors and lists. */
function ScopeLabel({ scope, text }: { readonly scope: Scope; readonly text: string }) {
  return (
    <>
      {text} <span class="muted small mono">{scope}</span>
    </>
  )
}
