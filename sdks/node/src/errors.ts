import { isObject, type JsonObject } from './json.ts'

/** One field of a request that the server rejected. `pointer` is a JSON pointer into the body. */
export interface FieldError {
  readonly pointer: string
  readonly detail: string
}

/**
 * A request that the server answered with an error (RFC 9457). `code` is stable, and `detail` is a
 * sentence that says what to do. Also thrown for a refused activation, deactivation or seat.
 */
export class LicetProblem extends Error {
  override readonly name = 'LicetProblem'
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: readonly FieldError[]
  /** Facts about the refusal, such as `{ limit: 3, used: 3 }`. */
  readonly details: JsonObject
  readonly requestId: string | null
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | null

  /** `problem` is the response as JSON. A member of a wrong type counts as missing. */
  constructor(
    status: number,
    problem: JsonObject,
    more: { readonly requestId?: string | null; readonly retryAfterMs?: number | null } = {},
  ) {
    const { code, detail, errors, details, request_id: id } = problem
    super(typeof detail === 'string' ? detail : `The server answered with status ${status}.`)
    this.status = status
    this.code = typeof code === 'string' ? code : `HTTP_${status}`
    this.detail = this.message
    this.errors = Array.isArray(errors) ? errors.filter(isFieldError) : []
    this.details = isObject(details) ? details : {}
    this.requestId = typeof id === 'string' ? id : (more.requestId ?? null)
    this.retryAfterMs = more.retryAfterMs ?? null
  }
}

function isFieldError(value: unknown): value is FieldError {
  return isObject(value) && typeof value.pointer === 'string' && typeof value.detail === 'string'
}

export type NoAnswerReason =
  | 'timeout'
  | 'network'
  | 'status'
  | 'not_licet'
  | 'too_large'
  | 'signature'

/**
 * The server gave no answer that counts: a timeout, a network failure, status 408, 425, 429 or 5xx,
 * something else than Licet (a captive portal), or a response without the signature that was asked
 * for. It never means that a license is invalid.
 */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  readonly code = 'NO_ANSWER'
  readonly reason: NoAnswerReason
  readonly status: number | null
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | null

  constructor(
    reason: NoAnswerReason,
    message: string,
    more: {
      readonly status?: number
      readonly retryAfterMs?: number | null
      readonly cause?: unknown
    } = {},
  ) {
    super(message, { cause: more.cause })
    this.reason = reason
    this.status = more.status ?? null
    this.retryAfterMs = more.retryAfterMs ?? null
  }
}
