import type { TSchema } from '@sinclair/typebox'
import type { TypeCheck } from '@sinclair/typebox/compiler'
import { Elysia, NotFoundError, ParseError, ValidationError } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { toFieldFault } from '~/wire/field-faults.ts'
import { type Problem, type ProblemStatus, problemStatuses, statusOfKind } from '~/wire/problems.ts'
import { requestState } from './requests.ts'
import type { RouteIndex } from './route-index.ts'

/** A failure as it is sent: problem details (RFC 9457), without a stack trace, SQL or the body. */
export interface Failure {
  readonly status: ProblemStatus
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type PresentFailure = (fault: Fault | null, error: unknown, requestId: string) => Failure

interface FailureDeps {
  readonly log: Deps['log']
  readonly metrics: Pick<Deps['metrics'], 'failures'>
}

/** Returns a function that logs and presents a Fault, or null for an error of our own. */
export function createPresentFailure({ log, metrics }: FailureDeps): PresentFailure {
  return (fault, error, requestId) => {
    if (fault === null) {
      metrics.failures.inc()
      log.error({ err: withoutValue(error), request_id: requestId }, 'internal error')
    } else if (fault.kind === 'unavailable') {
      const { cause: err, message: detail } = fault
      log.error({ err, detail, request_id: requestId }, 'service unavailable')
    }
    const status = fault === null ? 500 : statusOfKind[fault.kind]
    const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
    if (status === 401) headers['www-authenticate'] = 'Bearer'
    if (fault?.retryAfterSeconds !== undefined) {
      headers['retry-after'] = String(fault.retryAfterSeconds)
    }
    return { status, headers, body: JSON.stringify(toProblem(fault, status, requestId)) }
  }
}

/** The message of Elysia for an invalid response contains the whole of it, with addresses and keys. */
function withoutValue(error: unknown): unknown {
  if (!(error instanceof ValidationError)) return error
  const found = (error.validator as TypeCheck<TSchema>).Errors(error.value).First()
  return new Error(`The ${error.type} does not match its schema. ${found?.path}: ${found?.message}`)
}

/** Returns every failure of a route as problem details. */
export const errors = (presentFailure: PresentFailure, { methodsOf }: RouteIndex) =>
  new Elysia({ name: 'errors' }).onError({ as: 'global' }, ({ error, request, set, path }) => {
    const fault = toFault(error, path, methodsOf)
    const { status, headers, body } = presentFailure(fault, error, requestState(request).id)
    set.status = status
    Object.assign(set.headers, headers)
    if (status === 405) set.headers.allow = methodsOf(path).join(', ')
    return body
  })

/** Returns null for a failure of our own. */
function toFault(error: unknown, path: string, methodsOf: RouteIndex['methodsOf']): Fault | null {
  if (error instanceof Fault) return error
  // Thrown by `bodies`, which has a Fault for everything that a client can send.
  if (error instanceof ParseError) return error.cause instanceof Fault ? error.cause : null
  if (error instanceof NotFoundError) {
    const methods = methodsOf(path)
    return methods.length === 0
      ? pathNotFound()
      : new Fault('method_not_allowed', `This path supports only ${methods.join(', ')}.`)
  }
  if (!(error instanceof ValidationError)) return null
  if (error.type === 'response') return null
  // A path parameter is always a string, unless its percent-encoding is malformed.
  if (error.type === 'params') return pathNotFound()
  return toFieldFault(error.type, error.validator as TypeCheck<TSchema>, error.value)
}

export function pathNotFound(): Fault {
  return new Fault('not_found', 'There is nothing at this path. See /swagger for all paths.')
}

function toProblem(fault: Fault | null, status: ProblemStatus, requestId: string): Problem {
  return {
    type: 'about:blank',
    title: problemStatuses[status].title,
    status,
    detail: fault?.message ?? problemStatuses[500].detail,
    code: fault?.code ?? 'internal_error',
    request_id: requestId,
    ...(fault?.errors === undefined ? {} : { errors: [...fault.errors] }),
    ...(fault?.details === undefined ? {} : { details: { ...fault.details } }),
    ...(fault?.signed === undefined ? {} : { signed: fault.signed }),
  }
}
