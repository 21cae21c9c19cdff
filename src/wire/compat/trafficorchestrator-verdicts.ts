import type { Fault } from '~/domain/faults.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { toTimestamp } from '~/domain/times.ts'
import type { Verdict } from '~/domain/validations.ts'
import type { Refusal, VerdictError } from '~/domain/verdicts.ts'

/**
 * The codes that apps of Traffic Orchestrator know, where ours has another name. Source:
 * https://www.npmjs.com/package/@traffic-orchestrator/client#error-handling
 */
const codes: Partial<Record<VerdictError, string>> = {
  LICENSE_KEY_MALFORMED: 'LICENSE_NOT_FOUND',
  DOMAIN_INVALID: 'DOMAIN_MISMATCH',
  DOMAIN_NOT_ACTIVATED: 'DOMAIN_MISMATCH',
  DOMAIN_LIMIT_REACHED: 'DOMAIN_MISMATCH',
}

/**
 * Presents a verdict as a `ValidationResult`. Clients of several languages read the refusal from
 * different fields, so `message` and `error` are the same sentence, and `reason` is our code.
 * Source: https://www.npmjs.com/package/@traffic-orchestrator/client#typescript-types
 */
export function presentValidation(verdict: Verdict, { license, domains }: LicenseRecord) {
  const facts = {
    plan: license.planSlug,
    domains,
    expiresAt: license.expiresAtMs === null ? null : toTimestamp(license.expiresAtMs),
  }
  return verdict.valid
    ? { valid: true, message: 'License is valid', ...facts }
    : { ...presentRefusal(verdict), ...facts }
}

/** Presents the refusal of a key that no license has, or of a license. */
export function presentRefusal({ error, message }: Refusal) {
  return { valid: false, message, error: message, code: codes[error] ?? error, reason: error }
}

/** Presents a failure as an `ApiError`: the code of ours in upper case, except for those that apps know. */
export function presentApiError(fault: Fault | null, requestId: string) {
  if (fault === null) {
    return { error: 'Internal server error', code: 'INTERNAL_ERROR', request_id: requestId }
  }
  const isLimit = fault.kind === 'rate_limited'
  const code = isLimit ? 'QUOTA_EXCEEDED' : fault.code.toUpperCase()
  return { error: fault.message, code, request_id: requestId }
}
