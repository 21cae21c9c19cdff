import { Elysia, NotFoundError, ParseError, ValidationError } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault, type FieldError } from '~/domain/faults.ts'
import { type Problem, type ProblemStatus, problemStatuses, statusOfKind } from '~/wire/problems.ts'
import { requestState } from './requests.ts'

const FIELD_ERRORS_MAX = 20

/** Every failure leaves as `application/problem+json` (RFC 9457): never a stack, SQL or the body. */
export const errors = ({ log, metrics }: Pick<Deps, 'log' | 'metrics'>, allowOf: AllowOf) =>
  new Elysia({ name: 'errors' }).onError({ as: 'global' }, ({ error, request, set, path }) => {
    const fault = toFault(error, path, allowOf)
    const requestId = requestState(request).id
    if (fault === null) {
      metrics.failures.inc()
      log.error({ err: error, request_id: requestId }, 'internal error')
    } else if (fault.kind === 'unavailable') {
      log.error({ err: fault.cause, request_id: requestId }, 'storage unavailable')
    }
    const status = fault === null ? 500 : statusOfKind[fault.kind]
    set.status = status
    set.headers['content-type'] = 'application/problem+json'
    if (status === 401) set.headers['www-authenticate'] = 'Bearer'
    if (status === 405) set.headers.allow = allowOf(path).join(', ')
    if (fault?.retryAfterSeconds !== undefined) {
      set.headers['retry-after'] = String(fault.retryAfterSeconds)
    }
    return JSON.stringify(toProblem(fault, status, requestId))
  })

/** The methods that a path answers; none for a path that does not exist. */
type AllowOf = (path: string) => readonly string[]

function toFault(error: unknown, path: string, allowOf: AllowOf): Fault | null {
  if (error instanceof Fault) return error
  if (error instanceof ValidationError)
    return error.type === 'response' ? null : toFieldFault(error)
  if (error instanceof ParseError) {
    if (error.cause instanceof Fault) return error.cause
    return new Fault('invalid_json', 'The body is not JSON. Send one JSON object.')
  }
  if (error instanceof NotFoundError) {
    const methods = allowOf(path)
    return methods.length === 0
      ? new Fault('not_found', 'There is nothing at this path. See /swagger for what there is.')
      : new Fault('method_not_allowed', `This path answers ${methods.join(', ')} only.`)
  }
  return null
}

function toProblem(fault: Fault | null, status: ProblemStatus, requestId: string): Problem {
  return {
    type: 'about:blank',
    title: problemStatuses[status].title,
    status,
    detail: fault?.message ?? 'Something failed on our side. The log has it under this request id.',
    code: fault?.code ?? 'internal_error',
    request_id: requestId,
    ...(fault?.errors === undefined ? {} : { errors: [...fault.errors] }),
    ...(fault?.details === undefined ? {} : { details: { ...fault.details } }),
  }
}

function toFieldFault({ type, validator, value }: ValidationError): Fault {
  const byPointer = new Map<string, FieldError>()
  // Not Elysia's own list, which makes texts of the values, and some values will not be texts.
  for (const found of (validator as FieldValidator).Errors(value)) {
    if (byPointer.size === FIELD_ERRORS_MAX) break
    const problem = withinNullable(found)
    const pointer = type === 'query' ? `?${problem.path.slice(1)}` : problem.path
    if (!byPointer.has(pointer)) byPointer.set(pointer, { pointer, detail: toSentence(problem) })
  }
  const fields = [...byPointer.values()]
  const [first] = fields
  const place = first === undefined ? '' : ` ${first.pointer || 'body'}: ${first.detail}`
  const where = type === 'query' ? 'query' : 'body'
  return new Fault('validation_failed', `The ${where} is not as it should be.${place}`, {
    errors: fields,
  })
}

/** The part of TypeBox's compiled checks that we read. */
interface FieldValidator {
  Errors(value: unknown): Iterable<FieldProblem>
}

interface FieldProblem {
  readonly path: string
  readonly message: string
  readonly schema: FieldSchema
  /** Of a union: what each of its members finds wrong. */
  readonly errors: readonly { First(): FieldProblem | undefined }[]
}

interface FieldSchema {
  readonly description?: string
  readonly const?: unknown
  readonly type?: string
  readonly anyOf?: readonly FieldSchema[]
}

/** Of what may be null: what is wrong with it since it is not. */
function withinNullable(problem: FieldProblem): FieldProblem {
  const { schema, errors } = problem
  const isNullable = schema.anyOf?.length === 2 && schema.anyOf[1]?.type === 'null'
  const inner = isNullable ? errors[0]?.First() : undefined
  return inner === undefined ? problem : withinNullable(inner)
}

function toSentence({ message, schema }: FieldProblem): string {
  if (message === 'Unexpected property') {
    return schema.description ?? 'There is no such field here. Remove it.'
  }
  if (message === 'Expected required property') return 'This field is required.'
  const { description, anyOf = [] } = schema
  if (anyOf.length > 0) {
    return `Give one of ${anyOf.map((member) => member.const ?? member.type).join(', ')}.`
  }
  if (description === undefined) return `${message}.`
  return message.startsWith('Expected string to match') ? description : `${message}. ${description}`
}
