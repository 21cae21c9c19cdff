import type { Problem } from '../../shared/api.ts'
import { errorAt, TextField } from '../../shared/forms.tsx'
import { ScopeFields } from './scope-fields.tsx'

/** The pointers of `GrantFields`. */
export const grantPointers = ['/name', '/scopes']

interface GrantFieldsProps {
  readonly name: string
  readonly onName: (name: string) => void
  readonly nameHint?: string | undefined
  readonly scopes: readonly string[]
  readonly onScopes: (scopes: readonly string[]) => void
  readonly problem: Problem | null
}

/** The fields of an API key or an operator: its name, and the scopes that it has. */
export function GrantFields(props: GrantFieldsProps) {
  const { name, onName, nameHint, scopes, onScopes, problem } = props
  return (
    <>
      <TextField
        label="Name"
        {...(nameHint !== undefined && { hint: nameHint })}
        value={name}
        onInput={onName}
        error={errorAt(problem, '/name')}
      />
      <ScopeFields
        value={scopes}
        onInput={onScopes}
        error={errorAt(problem, '/scopes') && 'Choose at least one scope.'}
      />
    </>
  )
}
