import { Fault, type FaultKind } from './faults.ts'
import type { Hostname } from './hostnames.ts'

/** Error codes of the checks of a validation, in the order of the checks. */
export const checkErrors = [
  'PRODUCT_MISMATCH',
  'LICENSE_REVOKED',
  'LICENSE_SUSPENDED',
  'LICENSE_EXPIRED',
  'FEATURE_NOT_INCLUDED',
  'DOMAIN_REQUIRED',
  'DOMAIN_INVALID',
  'DOMAIN_NOT_ACTIVATED',
  'DOMAIN_LIMIT_REACHED',
  'FINGERPRINT_REQUIRED',
  'DEVICE_NOT_ACTIVATED',
  'DEVICE_LIMIT_REACHED',
] as const

/** Error codes of validations, activations, seats and license files. Apps branch on them. */
export const verdictErrors = [
  'LICENSE_KEY_MALFORMED',
  'LICENSE_NOT_FOUND',
  ...checkErrors,
  'SEAT_LIMIT_REACHED',
  'SEAT_NOT_FOUND',
  'OFFLINE_NOT_ALLOWED',
  'RETURN_CODE_UNKNOWN',
  'BORROWING_NOT_ALLOWED',
  'BORROW_TOO_LONG',
  'SELF_DEACTIVATION_DISABLED',
  'DEACTIVATION_LIMIT_REACHED',
] as const
export type VerdictError = (typeof verdictErrors)[number]

/** A refusal is a normal result, not a Fault. */
export interface Refusal<Error extends VerdictError = VerdictError> {
  readonly valid: false
  readonly error: Error
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

export function refuse<Error extends VerdictError>(
  error: Error,
  message: string,
  details?: Refusal['details'],
): Refusal<Error> {
  return details === undefined
    ? { valid: false, error, message }
    : { valid: false, error, message, details }
}

export function isRefusal<Granted extends object>(outcome: Granted | Refusal): outcome is Refusal {
  return 'valid' in outcome && outcome.valid === false
}

/** Converts a refusal for the routes that return problem details: all but validations. */
export function toRefusalFault({ error, message, details }: Refusal, signed?: string): Fault {
  const kind = faultKinds[error] ?? 'refused'
  return new Fault(kind, message, { code: error, signed, ...(details && { details }) })
}

const faultKinds: Partial<Record<VerdictError, FaultKind>> = {
  LICENSE_NOT_FOUND: 'key_unknown',
  LICENSE_KEY_MALFORMED: 'key_unknown',
  RETURN_CODE_UNKNOWN: 'key_unknown',
  SELF_DEACTIVATION_DISABLED: 'not_permitted',
}

/** Returns the refusal for a used-up limit: "All 3 domains of this license are in use." */
export function refuseLimit(noun: 'domain' | 'device' | 'seat', limit: number, used: number) {
  const error = `${noun.toUpperCase() as Uppercase<typeof noun>}_LIMIT_REACHED` as const
  return refuse(error, limitSentence(noun, limit, used), { limit, used })
}

function limitSentence(noun: string, limit: number, used: number): string {
  if (limit === 0) return `This license allows no ${noun}s.`
  if (used > limit) {
    return `This license has ${used} ${noun}s in use, but its limit is now ${limit}.`
  }
  if (limit === 1) return `The only ${noun} of this license is in use.`
  return `All ${limit} ${noun}s of this license are in use.`
}

export const keyMalformed = refuse(
  'LICENSE_KEY_MALFORMED',
  'This license key contains a typo. Check it, then enter it again.',
)

/** Refusals of a key that belongs to no license. */
export type UnknownKey = typeof keyMalformed | typeof licenseNotFound

export const licenseNotFound = refuse('LICENSE_NOT_FOUND', 'There is no license with this key.')

export const offlineNotAllowed: Refusal = refuse(
  'OFFLINE_NOT_ALLOWED',
  'The plan of this license allows no use without a connection. Ask the vendor.',
)

export const returnCodeUnknown: Refusal = refuse(
  'RETURN_CODE_UNKNOWN',
  'No license file of this license has this return code. Check the code and the license key.',
)

export const licenseRevoked: Refusal = refuse('LICENSE_REVOKED', 'This license was revoked.')

export const domainInvalid: Refusal = refuse(
  'DOMAIN_INVALID',
  'The domain is not a full host name such as app.example.com. Single words, public suffixes such as github.io and URLs with a user name are rejected.',
)

export function domainNotActivated({ host }: Hostname): Refusal {
  return refuse('DOMAIN_NOT_ACTIVATED', `${host} is not activated for this license.`)
}

export const deviceNotActivated: Refusal = refuse(
  'DEVICE_NOT_ACTIVATED',
  'This device is not activated for this license.',
)
