import type { KeyObject } from 'node:crypto'
import { Fault } from '~/domain/faults.ts'
import {
  badRequest,
  invalidJson,
  KeygenError,
  presentError,
  tooManyRequests,
} from '~/wire/compat/keygen-errors.ts'
import type { CompatCall, CompatFailure, CompatReply, CompatRoute } from './api.ts'
import { requireAlgorithm, signResponse } from './keygen-signature.ts'
import type { CompatTools } from './tools.ts'

const MEDIA_TYPE = 'application/vnd.api+json'
/** The version whose documents Licet sends, whichever an app asks for: they have the older names as well. */
const VERSION = '1.7'

/** A request of an app, and the account in its path; null for a host of its own. */
export interface KeygenCall {
  readonly call: CompatCall
  readonly tools: CompatTools
  readonly account: string | null
  /** The key that signs responses and files; null without one. */
  readonly privateKey: KeyObject | null
}

/** A response: a document of JSON:API, the text of a file, or null for none. */
export interface KeygenReply {
  readonly status: number
  readonly document: object | string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** Returns the function of a route that presents errors as Keygen does, and signs every response. */
export const respondAsKeygen =
  (respond: (call: KeygenCall) => Promise<KeygenReply>): CompatRoute['respond'] =>
  async (call, tools) => {
    const account = readAccount(call)
    const { keygenKey: privateKey } = tools
    try {
      if (privateKey !== null) requireAlgorithm(call.request)
      const { status, document, headers = {} } = await respond({ call, tools, account, privateKey })
      return present(call, status, document, headers, privateKey)
    } catch (error) {
      const problem = toProblem(error)
      if (problem === null) throw error
      return presentProblem(call, problem, privateKey)
    }
  }

/** Returns the account in the path, encoded so that it can be part of links and headers; null without one. */
const readAccount = ({ params: { account } }: CompatCall) =>
  account === undefined ? null : encodeURIComponent(account)

/** Presents what was thrown before a route ran, or by an error of our own. Such responses are not signed. */
export function presentKeygenFailure({ fault, status, requestId, request }: CompatFailure) {
  const error =
    (fault && toProblem(fault)) ??
    new KeygenError(status, {
      title: status === 404 ? 'Not found' : 'Request failed',
      detail: fault?.message ?? 'Something went wrong. Try again later.',
      ...(status === 404 && { code: 'NOT_FOUND' }),
    })
  const body = JSON.stringify(presentError(error, requestId))
  return { status: error.status, body, headers: { 'content-type': typeFor(request) } }
}

/** Returns null for what the routes of Keygen have no error for. */
function toProblem(error: unknown): KeygenError | null {
  if (error instanceof KeygenError) return error
  if (!(error instanceof Fault)) return null
  switch (error.kind) {
    case 'invalid_json':
      return invalidJson()
    case 'invalid_request':
    case 'validation_failed':
      return badRequest(error.message)
    case 'rate_limited':
      return tooManyRequests(error.retryAfterSeconds)
    default:
      return null
  }
}

function presentProblem(call: CompatCall, error: KeygenError, privateKey: KeyObject | null) {
  const { status, retryAfterSeconds } = error
  const extra = {
    ...(status === 401 && { 'www-authenticate': 'Bearer realm="keygen"' }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  }
  return present(call, status, presentError(error, call.requestId), extra, privateKey)
}

function present(
  call: CompatCall,
  status: number,
  document: object | string | null,
  extra: Readonly<Record<string, string>>,
  privateKey: KeyObject | null,
): CompatReply {
  const { request, nowMs } = call
  const body = serialize(document)
  const account = readAccount(call)
  const signed = privateKey && signResponse(privateKey, { request, account, body, nowMs })
  const type = document === null ? null : { 'content-type': typeFor(request) }
  return {
    status,
    body: body === '' ? null : body,
    headers: { 'keygen-version': VERSION, ...type, ...extra, ...signed },
  }
}

function serialize(document: object | string | null): string {
  if (document === null || typeof document === 'string') return document ?? ''
  return JSON.stringify(document)
}

/** Some HTTP clients parse only plain JSON, so they can ask for it. */
function typeFor({ headers }: Request): string {
  const accept = headers.get('accept') ?? ''
  const wantsPlain = accept.includes('application/json') && !accept.includes(MEDIA_TYPE)
  return wantsPlain ? 'application/json; charset=utf-8' : `${MEDIA_TYPE}; charset=utf-8`
}
