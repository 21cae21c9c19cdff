/** Why a request fails. `http/plugins/errors.ts` maps each kind to an HTTP status. */
export type FaultKind =
  | 'invalid_json'
  | 'invalid_cursor'
  | 'invalid_request'
  | 'event_rejected'
  | 'unauthorized'
  | 'missing_scope'
  | 'lasting_key_required'
  | 'cross_site_request'
  | 'email_sign_in_required'
  | 'not_found'
  | 'gone'
  | 'position_unknown'
  | 'license_key_malformed'
  | 'method_not_allowed'
  | 'already_exists'
  | 'in_use'
  | 'invalid_transition'
  | 'perpetual'
  | 'idempotency_in_progress'
  | 'idempotency_mismatch'
  | 'precondition_failed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'misdirected_request'
  | 'validation_failed'
  | 'too_many_matches'
  | 'rate_limited'
  | 'mail_not_configured'
  | 'no_email_address'
  | 'not_supported'
  | 'unavailable'
  | 'primary_unreachable'
  | 'job_failed'
  | 'key_unknown'
  | 'not_permitted'
  | 'refused'

/** One invalid field: a JSON pointer into the body, or `?name` in the query, and how to fix it. */
export interface FieldError {
  readonly pointer: string
  readonly detail: string
}

interface FaultExtras {
  readonly errors?: readonly FieldError[]
  readonly retryAfterSeconds?: number
  /** The public error code, if it differs from the kind. */
  readonly code?: string
  readonly details?: Readonly<Record<string, unknown>>
  /** The same refusal as a signed token, if the request asks for it. */
  readonly signed?: string | undefined
  /** The underlying error; it is only logged. */
  readonly cause?: unknown
}

/** A failure caused by the request: a stable kind and a public sentence that says what to do. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly kind: FaultKind
  readonly errors: readonly FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly code: string
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly signed: string | undefined

  constructor(kind: FaultKind, detail: string, extras: FaultExtras = {}) {
    super(detail, { cause: extras.cause })
    this.kind = kind
    this.errors = extras.errors
    this.retryAfterSeconds = extras.retryAfterSeconds
    this.code = extras.code ?? kind
    this.details = extras.details
    this.signed = extras.signed
  }
}

/** Returns the message of whatever was thrown. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

/** Returns the Fault for a field with an invalid value. `pointer` is a JSON pointer such as `/plan`. */
export function invalidField(pointer: string, detail: string): Fault {
  return new Fault('validation_failed', detail, { errors: [{ pointer, detail }] })
}
