import { summarizeScopes } from './scope-texts.ts'

/** Scopes in a few words; all of them after a click. */
export function ScopeList({ scopes }: { scopes: readonly string[] }) {
  if (scopes.length < 3) return <>{summarizeScopes(scopes)}</>
  return (
    <details class="scope-list">
      <summary>{summarizeScopes(scopes)}</summary>
      {scopes.join(', ')}
    </details>
  )
}
