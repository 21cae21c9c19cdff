import type { TSchema } from '@sinclair/typebox'
import type { TypeCheck } from '@sinclair/typebox/compiler'
import type { ValueError } from '@sinclair/typebox/errors'
import { Elysia, NotFoundError, ParseError, ValidationError } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault, type FieldError } from '~/domain/faults.ts'
import { describeInvisible, findInvisible } from '~/domain/text.ts'
import { type Problem, type ProblemStatus, problemStatuses, statusOfKind } from '~/wire/problems.ts'
import { findTextFlaw } from '~/wire/text.ts'
import { invalidJson } from './json.ts'
import { requestState } from './requests.ts'
import type { RouteIndex } from './route-index.ts'

const FIELD_ERRORS_MAX = 20

/** A failure as it is sent: problem details (RFC 9457), without a stack trace, SQL or the body. */
export interface Failure {
  readonly status: ProblemStatus
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type PresentFailure = (fault: Fault | null, error: unknown, requestId: string) => Failure

/** Returns a function that logs and presents a Fault, or null for an error of our own. */
export function createPresentFailure({
  log,
  metrics,
}: Pick<Deps, 'log' | 'metrics'>): PresentFailure {
  return (fault, error, requestId) => {
    if (fault === null) {
      metrics.failures.inc()
      log.error({ err: error, request_id: requestId }, 'internal error')
    } else if (fault.kind === 'unavailable') {
      log.error({ err: fault.cause, request_id: requestId }, 'storage unavailable')
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
  if (error instanceof ParseError) {
    return error.cause instanceof Fault ? error.cause : invalidJson()
  }
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
  }
}

/** Returns a Fault with the errors of a query or a body that its schema rejects. */
export function toFieldFault(type: string, check: TypeCheck<TSchema>, value: unknown): Fault {
  const byPointer = new Map<string, FieldError>()
  // Elysia's own list of errors converts values to strings, which throws for some of them.
  for (const found of check.Errors(value)) {
    if (byPointer.size === FIELD_ERRORS_MAX) break
    const problem = unwrapNullable(found)
    const pointer = type === 'query' ? `?${problem.path.slice(1)}` : problem.path
    if (!byPointer.has(pointer))
      byPointer.set(pointer, { pointer, detail: toSentence(problem, type) })
  }
  const fields = [...byPointer.values()]
  const [first] = fields
  const example = first === undefined ? '' : ` ${first.pointer || 'body'}: ${first.detail}`
  const where = type === 'query' ? 'query string' : 'request body'
  return new Fault('validation_failed', `The ${where} is invalid.${example}`, { errors: fields })
}

interface FieldSchema {
  readonly description?: string
  readonly const?: unknown
  readonly type?: string
  readonly anyOf?: readonly FieldSchema[]
  /** Only records have it. Their description says which names are allowed. */
  readonly patternProperties?: object
}

/** Returns the error of the schema inside `nullable`, as the value is not null. */
function unwrapNullable(problem: ValueError): ValueError {
  const { errors } = problem
  const schema: FieldSchema = problem.schema
  const isNullable = schema.anyOf?.length === 2 && schema.anyOf[1]?.type === 'null'
  const inner = isNullable ? errors[0]?.First() : undefined
  return inner === undefined ? problem : unwrapNullable(inner)
}

/** Plain English for the messages of TypeBox. */
const rewordings: readonly [found: RegExp, words: string][] = [
  [/^Expected array length to be greater or equal to (\d+)$/, 'Must have $1 or more entries'],
  [/^Expected array length to be less or equal to (\d+)$/, 'Must have $1 or fewer entries'],
  [/^Expected .* greater or equal to /, 'Must be at least '],
  [/^Expected .* less or equal to /, 'Must be at most '],
  [/^Expected kind '\w+'$/, 'Must be a string'],
  [/^Expected (string|number|boolean)$/, 'Must be a $1'],
  [/^Expected (integer|array|object)$/, 'Must be an $1'],
]

function toSentence(problem: ValueError, type: string): string {
  const { message } = problem
  const schema: FieldSchema = problem.schema
  if (message === 'Unexpected property') {
    const isName = schema.patternProperties !== undefined && schema.description !== undefined
    if (isName) return describeName(problem.path) ?? schema.description
    return `There is no such ${type === 'query' ? 'parameter' : 'field'}. Remove it.`
  }
  if (message === 'Expected required property') return 'This field is required.'
  const { description, anyOf = [] } = schema
  const flaws = [schema, ...anyOf].map((part) => findTextFlaw(part, problem.value))
  const flaw = flaws.find((found) => found != null && typeof problem.value === 'string')
  if (flaw != null) return [flaw, description].filter(Boolean).join(' ')
  if (anyOf.length > 0) {
    return `Must be one of ${anyOf.map((member) => member.const ?? member.type).join(', ')}.`
  }
  const sentence = rewordings.reduce((text, [found, words]) => text.replace(found, words), message)
  if (description === undefined) return `${sentence}.`
  return message.startsWith('Expected string to match')
    ? description
    : `${sentence}. ${description}`
}

/** Names the invisible character in the name of a map's entry, which ends the path. */
function describeName(path: string): string | null {
  const hidden = findInvisible(path.slice(path.lastIndexOf('/') + 1), 'code')
  return hidden && describeInvisible(hidden)
}
