/** Why the caller's request cannot be done. `http/plugins/errors.ts` gives each kind its status. */
export type FaultKind =
  | 'invalid_json'
  | 'invalid_cursor'
  | 'invalid_request'
  | 'unauthorized'
  | 'missing_scope'
  | 'not_found'
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
  | 'unavailable'
  | 'key_unknown'
  | 'not_permitted'
  | 'refused'

/** One wrong field: a JSON pointer into the body (or `?name` of the query) and how to mend it. */
export interface FieldError {
  readonly pointer: string
  readonly detail: string
}

interface FaultExtras {
  readonly errors?: readonly FieldError[]
  readonly retryAfterSeconds?: number
  /** Said in place of the kind, where the contract names a word of its own. */
  readonly code?: string
  readonly details?: Readonly<Record<string, unknown>>
  /** What lies behind it, for the log alone. */
  readonly cause?: unknown
}

/** The caller's failure: a stable kind and a public sentence that says what to do. Never our own. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly kind: FaultKind
  readonly errors: readonly FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly code: string
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(kind: FaultKind, detail: string, extras: FaultExtras = {}) {
    super(detail, { cause: extras.cause })
    this.kind = kind
    this.errors = extras.errors
    this.retryAfterSeconds = extras.retryAfterSeconds
    this.code = extras.code ?? kind
    this.details = extras.details
  }
}

/** A field that has the right type and the wrong value. `pointer` is a JSON pointer such as `/plan`. */
export function invalidField(pointer: string, detail: string): Fault {
  return new Fault('validation_failed', detail, { errors: [{ pointer, detail }] })
}
