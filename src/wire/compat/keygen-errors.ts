import type { Refusal } from '~/domain/verdicts.ts'

/** An error as Keygen describes it, see https://keygen.sh/docs/api/errors/. */
export interface KeygenProblem {
  readonly title: string
  readonly detail: string
  readonly code?: string
  readonly source?: { readonly pointer: string } | { readonly parameter: string }
}

/** An error that Keygen would return. */
export class KeygenError extends Error {
  override readonly name = 'KeygenError'
  readonly status: number
  readonly problem: KeygenProblem
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, problem: KeygenProblem, retryAfterSeconds?: number) {
    super(problem.detail)
    this.status = status
    this.problem = problem
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const unauthorized = (code: string) =>
  new KeygenError(401, {
    title: 'Unauthorized',
    detail: 'You must be authenticated to complete the request',
    code,
  })

/** The request has no credential. */
export const tokenMissing = () => unauthorized('TOKEN_MISSING')

/** Tokens of Keygen cannot be exported, so none works here. */
export const tokenInvalid = () => unauthorized('TOKEN_INVALID')

/** No license has the key, or it was revoked. */
export const licenseInvalid = () => unauthorized('LICENSE_INVALID')

export const forbidden = (detail: string, code?: string) =>
  new KeygenError(403, { title: 'Access denied', detail, ...(code && { code }) })

export const licenseSuspended = () => forbidden('License is suspended', 'LICENSE_SUSPENDED')
export const licenseExpired = () => forbidden('License is expired', 'LICENSE_EXPIRED')

export const notFound = (noun: 'license' | 'machine', id: string) =>
  new KeygenError(404, {
    title: 'Not found',
    detail: `The requested ${noun} '${id}' was not found`,
    code: 'NOT_FOUND',
  })

export const badRequest = (detail: string, pointer?: string) =>
  new KeygenError(400, {
    title: 'Bad request',
    detail,
    ...(pointer !== undefined && { source: { pointer } }),
  })

export const invalidJson = () =>
  new KeygenError(400, {
    title: 'Bad request',
    detail:
      'The request could not be completed because it contains invalid JSON (check formatting/encoding)',
    code: 'JSON_INVALID',
  })

export const unprocessable = (code: string, detail: string, pointer: string) =>
  new KeygenError(422, {
    title: 'Unprocessable resource',
    detail,
    code,
    source: { pointer },
  })

export const fingerprintTaken = () =>
  unprocessable('FINGERPRINT_TAKEN', 'has already been taken', '/data/attributes/fingerprint')

export const tooManyRequests = (retryAfterSeconds: number | undefined) =>
  new KeygenError(
    429,
    {
      title: 'Rate limit exceeded',
      detail: 'Throttle limit has been reached for your IP address',
      code: 'TOO_MANY_REQUESTS',
    },
    retryAfterSeconds,
  )

/** Returns the error for a refused activation or deactivation. */
export function toMachineError({ error, message, details = {} }: Refusal, id: string): KeygenError {
  switch (error) {
    case 'LICENSE_REVOKED':
      return licenseInvalid()
    case 'LICENSE_SUSPENDED':
      return licenseSuspended()
    case 'LICENSE_EXPIRED':
      return licenseExpired()
    case 'DEVICE_LIMIT_REACHED': {
      const detail = `machine count has exceeded maximum allowed for license (${details.limit})`
      return unprocessable('MACHINE_LIMIT_EXCEEDED', detail, '/data')
    }
    case 'DEACTIVATION_LIMIT_REACHED':
      return unprocessable(
        'DEACTIVATIONS_LIMIT_EXCEEDED',
        message,
        '/data/attributes/deactivations',
      )
    case 'DEVICE_NOT_ACTIVATED':
      return notFound('machine', id)
    default:
      return forbidden('You do not have permission to complete the request')
  }
}

/** Returns the body of an error. */
export const presentError = ({ problem }: KeygenError, requestId: string) => ({
  meta: { id: requestId },
  errors: [problem],
})
