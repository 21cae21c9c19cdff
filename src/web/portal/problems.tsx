import type { Problem } from '../shared/api.ts'
import { useTexts } from './language.tsx'
import type { Texts } from './texts/en.ts'

/** Returns what went wrong in the visitor's language, as far as the portal knows the code. */
export function describeProblem(problem: Problem, texts: Texts['problems']): string {
  if (problem.status === 0 || problem.status >= 500) return texts.unreachable
  switch (problem.code) {
    case 'rate_limited':
      return texts.tooMany
    case 'not_found':
      return texts.notFound
    case 'LICENSE_NOT_FOUND':
    case 'LICENSE_KEY_MALFORMED':
      return texts.keyUnknown
    case 'LICENSE_SUSPENDED':
    case 'LICENSE_REVOKED':
    case 'LICENSE_EXPIRED':
      return texts.notActive
    case 'DEVICE_LIMIT_REACHED':
    case 'DOMAIN_LIMIT_REACHED':
      return texts.limit
    case 'validation_failed':
      return texts.invalid
    default:
      return texts.other(problem.message)
  }
}

interface ProblemProps {
  readonly problem: Problem | null
  /** The text to show instead for a status that means something else here. */
  readonly said?: Readonly<Record<number, string>>
  readonly retry?: () => void
}

/** A notice of what went wrong, and what to do. */
export function PortalProblem({ problem, said = {}, retry }: ProblemProps) {
  const { problems: texts } = useTexts()
  if (problem === null) return null
  return (
    <div class="notice bad" role="alert">
      <div>
        <p>{said[problem.status] ?? describeProblem(problem, texts)}</p>
      </div>
      {retry !== undefined && (
        <button type="button" class="plain tight" onClick={retry}>
          {texts.retry}
        </button>
      )}
    </div>
  )
}
