import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { TestResponse } from '../../../support/app.ts'
import type { Operation } from './requests.ts'
import type { WireRequest } from './wire.ts'

type Json = TestResponse['body']

const PROBLEM_TYPE = 'application/problem+json'
const REQUEST_ID = /^[\w.:-]{1,128}$/
/** Words of stack traces and statements, which only files, such as backups, may contain. */
export const INTERNALS =
  /\bat \S+ \(|\.ts:\d+|node_modules|SQLITE_|SQLSTATE|\bSELECT .+ FROM\b|\bINSERT INTO\b|TypeError|RangeError/
/** Statuses of requests that are none of the operation, which the document leaves to `default`. */
const GENERAL = [405]
/** The same for a body that the operation does not have. */
const GENERAL_BODY = [400, 413, 415, 422]

export type Judge = ReturnType<typeof createJudge>

/** Creates a function that lists what is wrong with a response, according to the document. */
export function createJudge(document: Json) {
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true })
  addFormats(ajv)
  ajv.addSchema({ $id: 'document', ...document })
  const compiled = new Map<string, ValidateFunction>()

  function validatorOf(schema: object): ValidateFunction {
    const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components')
    return compiled.getOrInsertComputed(text, () => ajv.compile(JSON.parse(text)))
  }

  function checkBody(
    operation: Operation,
    { status, headers, text, body }: TestResponse,
  ): string[] {
    const isGeneral =
      GENERAL.includes(status) || (operation.body === null && GENERAL_BODY.includes(status))
    const entry = operation.responses[isGeneral ? 'default' : status]
    const type = headers.get('content-type')?.split(';')[0] ?? ''
    if (entry === undefined) return [`the status ${status} is not in the document`]
    if (entry.content === undefined) {
      return text === '' ? [] : [`a response ${status} has no body in the document`]
    }
    const media = Object.entries(entry.content).find(([name]) => matchesType(name, type))?.[1]
    if (media === undefined) return [`the type ${type || 'none'} is not in the document`]
    if (!/json$/.test(type)) return []
    const validate = validatorOf(media.schema)
    if (validate(body)) return []
    return [`the body does not match its schema: ${ajv.errorsText(validate.errors)}`]
  }

  return (
    operation: Operation,
    request: WireRequest,
    response: TestResponse,
    secrets: readonly string[],
  ): string[] => {
    const { status, headers, text } = response
    const problems: string[] = []
    if (!(status >= 200 && status < 500)) problems.push(`the status is ${status}`)
    const isOwn = request.method === operation.method && isPathOf(operation, request)
    if (isOwn) problems.push(...checkBody(operation, response))
    if (status >= 400) problems.push(...checkProblem(request, response))
    if (status === 405 && headers.get('allow') === null) problems.push('there is no Allow')
    if (!REQUEST_ID.test(headers.get('x-request-id') ?? '')) problems.push('there is no request ID')
    if (headers.get('x-content-type-options') !== 'nosniff') problems.push('nosniff is missing')
    if (headers.has('x-injected')) problems.push('a header was injected')
    if (/json$/.test(type(headers) ?? '') && INTERNALS.test(text))
      problems.push('it shows internals')
    for (const secret of secrets) if (text.includes(secret)) problems.push('it shows a secret')
    return problems
  }
}

/** Whether a request still has the path of its operation: an empty ID or `..` leads elsewhere. */
function isPathOf({ path }: Operation, { target }: WireRequest): boolean {
  const [actual = ''] = target.split('?')
  const pattern = path.replaceAll(/\{\w+\}/g, '[^/?]+')
  return new RegExp(`^${pattern}$`).test(actual) && !/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(actual)
}

const type = (headers: Headers) => headers.get('content-type')?.split(';')[0]

/** Any error has the shape of a problem, unless an app gets it as a verdict. */
function checkProblem({ method }: WireRequest, { headers, body }: TestResponse): string[] {
  if (method === 'HEAD') return []
  if (type(headers) === PROBLEM_TYPE) {
    const isWhole = typeof body?.code === 'string' && /^\S.*\.$/s.test(body.detail)
    const isNamed = body?.request_id === headers.get('x-request-id')
    return isWhole && isNamed ? [] : ['the problem is not whole']
  }
  return body?.valid === false ? [] : ['an error is no problem document']
}

/** Whether a media type is that of the document, such as `text/*`. */
function matchesType(documented: string, actual: string): boolean {
  const [major, minor] = documented.split('/')
  return documented === actual || (minor === '*' && actual.startsWith(`${major}/`))
}
