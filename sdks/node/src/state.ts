import { type Features, type LeaseClaims, SECONDS_MAX, type ValidAnswerClaims } from './claims.ts'

export interface License {
  readonly id: string
  readonly plan: string
  readonly features: Features
  /** RFC 3339; null without an end. */
  readonly expiresAt: string | null
}

/** The result of a check. Times are RFC 3339 in UTC. */
export interface State {
  /** Whether the app may run: the status is `licensed` or `grace`. */
  readonly allowed: boolean
  /**
   * `licensed`; `grace`: licensed, but the server has not confirmed it for too long; `refused`: a
   * server said no; `unknown`: nothing proves either, so the app decides.
   */
  readonly status: 'licensed' | 'grace' | 'refused' | 'unknown'
  readonly source: 'server' | 'lease' | 'file' | 'cache' | 'none'
  /** Why the status is `refused` or `unknown`, such as `LICENSE_EXPIRED` or `NO_ANSWER`. */
  readonly code?: string
  readonly message?: string
  readonly license?: License
  readonly warnings: readonly string[]
  /** Since when a confirmation is due. */
  readonly staleSince?: string
  readonly refreshAfter?: string
  readonly validUntil?: string
}

/** Returns the license that a token proves. */
export function readLicense(claims: LeaseClaims | ValidAnswerClaims): License {
  const { sub: id, plan, features, end } = claims
  return { id, plan, features, expiresAt: end === null ? null : formatTime(end) }
}

/** Formats whole seconds since 1970 as RFC 3339, at the latest the end of the year 9999. */
export function formatTime(seconds: number): string {
  return new Date(Math.min(seconds, SECONDS_MAX) * 1000).toISOString().replace('.000Z', 'Z')
}

/** Returns a state that does not allow the app to run. */
export function deny(
  status: 'refused' | 'unknown',
  code: string,
  message: string,
  source: State['source'],
): State {
  return { allowed: false, status, source, code, message, warnings: [] }
}
