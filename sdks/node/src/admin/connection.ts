import { LicetProblem, NoAnswer } from '../errors.ts'
import { globalTransport, parseServerUrl, readText, send, type Transport } from '../http.ts'
import { parseObject } from '../json.ts'
import { parseRetryAfterMs, retry } from '../retry.ts'
import { version } from '../version.ts'

const TIMEOUT_MS = 30_000
const RETRIES = 2
const RESPONSE_BYTES_MAX = 64 * 1024 * 1024
/** The methods that are idempotent: a POST is, because it always has an Idempotency-Key. */
const REPEATED_METHODS: readonly string[] = ['GET', 'HEAD', 'PUT', 'DELETE', 'POST']

export interface AdminOptions {
  /** The time for each attempt, in milliseconds; 30,000 by default. */
  readonly timeoutMs?: number
  /** How often a request is repeated after a failure that may pass; 2 by default, 0 for never. */
  readonly retries?: number
  /** Used in place of the global `fetch`, such as one that uses a proxy. */
  readonly transport?: Transport
}

export interface CallOptions extends Omit<AdminOptions, 'transport'> {
  /**
   * Sent with a POST. By default each call has a new one, the same for all of its attempts. Pass your
   * own, such as the ID of an order, so that a call can be repeated later without a second effect.
   */
  readonly idempotencyKey?: string
  /** The `version` of the license as you read it. If it has changed, the call fails with 412. */
  readonly ifMatch?: number
  /** Ends the call with all of its attempts. */
  readonly signal?: AbortSignal
}

/** Values of a query. A list is joined with commas; null and undefined are left out. */
export type Query = Readonly<Record<string, unknown>>

export interface AdminRequest {
  readonly method: string
  /** The path under the URL of the server, with a slash at its start. */
  readonly path: string
  readonly query?: Query | undefined
  readonly body?: unknown
  readonly options?: CallOptions | undefined
}

/** Sends a request. Returns the JSON of the response, its text, or undefined if it has no body. */
export type Send = (request: AdminRequest) => Promise<unknown>

/** Returns the function that sends the requests of one LicetAdmin. */
export function openConnection(url: string, token: string, defaults: AdminOptions): Send {
  const base = parseServerUrl(url)
  if (typeof token !== 'string' || token.trim() === '') {
    throw new TypeError('LicetAdmin needs an API key as its second argument.')
  }
  const transport = defaults.transport ?? globalTransport

  return async (request) => {
    const { timeoutMs = defaults.timeoutMs ?? TIMEOUT_MS, signal } = request.options ?? {}
    const { method } = request
    const headers = buildHeaders(request, token)
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    const call = { method, url: base + buildTarget(request), headers, body, timeoutMs, signal }
    const limits = { attemptsMax: countRetries(request, defaults) + 1, totalMs: Infinity }
    return retry(limits, signal, () => send(transport, call, readResult))
  }
}

function buildTarget({ path, query = {} }: AdminRequest): string {
  // Without the slash, the path could change the host.
  if (!path.startsWith('/')) throw new TypeError(`A path starts with a slash, unlike ${path}.`)
  const parameters = Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, String(value)]],
  )
  if (parameters.length === 0) return path
  return `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(parameters)}`
}

function buildHeaders({ method, body, options = {} }: AdminRequest, token: string) {
  const { idempotencyKey = crypto.randomUUID(), ifMatch } = options
  return {
    accept: 'application/json',
    authorization: `Bearer ${token.trim()}`,
    'user-agent': `licet-node/${version}`,
    ...(method === 'POST' && { 'idempotency-key': idempotencyKey }),
    ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
}

function countRetries({ method, options = {} }: AdminRequest, defaults: AdminOptions): number {
  return REPEATED_METHODS.includes(method) ? (options.retries ?? defaults.retries ?? RETRIES) : 0
}

/** Throws `LicetProblem` for a status that says that the request has failed. */
async function readResult(response: Response): Promise<unknown> {
  const { status, headers, ok } = response
  const text = await readText(response, RESPONSE_BYTES_MAX)
  const isJson = /^application\/(?:[\w.]+\+)?json\b/i.test(headers.get('content-type') ?? '')
  if (ok && isJson) return readJson(text, status)
  if (ok) return text === '' ? undefined : text
  const problem = isJson ? (parseObject(text) ?? {}) : {}
  throw new LicetProblem(status, problem, {
    requestId: headers.get('x-request-id'),
    retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), Date.now()),
  })
}

function readJson(text: string, status: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const message = 'The response is not JSON, although it says so.'
    throw new NoAnswer('not_licet', message, { status })
  }
}
