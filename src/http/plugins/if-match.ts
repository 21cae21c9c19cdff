import { Fault } from '~/domain/faults.ts'
import type { License } from '~/domain/licenses.ts'

/** Throws `precondition_failed` unless the version is still the one that the caller knows. */
export type RequireVersion = (license: Pick<License, 'version'>) => void

/** Builds the check of a request's `If-Match` header (RFC 9110, §13.1.1). */
export function createRequireVersion(ifMatch: string | null): RequireVersion {
  if (ifMatch === null || ifMatch.trim() === '*') return () => undefined
  const tags = ifMatch.split(',').map((tag) => tag.trim())
  return ({ version }) => {
    if (tags.includes(`"${version}"`)) return
    throw new Fault(
      'precondition_failed',
      `The license is now at version ${version}. Read it again, then repeat your change.`,
    )
  }
}
