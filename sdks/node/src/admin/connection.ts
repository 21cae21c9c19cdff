import { LicetProblem, NoAnswer } from '../errors.ts'
import type { Transport } from '../http.ts'
import { parseObject } from '../json.ts'
import { wait } from '../retry.ts'
import { version } from '../version.ts'
import { decideDelayMs, isRetriedStatus, parseRetryAfterMs } from './retries.ts'

const TIMEOUT_MS = 30_000
const RETRIES = 2
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

type Outcome =
  | { readonly kind: 'done'; readonly value: unknown }
  | {
      readonly kind: 'failed'
      readonly error: LicetProblem | NoAnswer
      readonly retry: Retry | null
    }

interface Retry {
  readonly afterMs: number | null
}

/** Returns the function that sends the requests of one LicetAdmin. */
export function openConnection(url: string, token: string, defaults: AdminOptions): Send {
  const base = parseBase(url)
  if (typeof token !== 'string' || token.trim() === '') {
    throw new TypeError('LicetAdmin needs an API key as its second argument.')
  }
  const transport: Transport = defaults.transport ?? ((address, init) => fetch(address, init))

  return async (request) => {
    const { timeoutMs = defaults.timeoutMs ?? TIMEOUT_MS, signal } = request.options ?? {}
    const address = base + buildTarget(request)
    const init = buildInit(request, token)
    const retries = countRetries(request, defaults)
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await runAttempt(transport, address, init, timeoutMs, signal)
      if (outcome.kind === 'done') return outcome.value
      const { error, retry } = outcome
      const delayMs =
        retry === null || attempt >= retries
          ? null
          : decideDelayMs(attempt, retry.afterMs, Math.random())
      if (delayMs === null) throw error
      await wait(delayMs, signal)
    }
  }
}

function parseBase(url: string): string {
  const { protocol, origin, pathname, search, hash, username } = new URL(url)
  const isBase = /^https?:$/.test(protocol) && search === '' && hash === '' && username === ''
  if (!isBase)
    throw new TypeError('The URL of a Licet server is like https://licenses.example.com.')
  return origin + pathname.replace(/\/+$/, '')
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

function buildInit({ method, body, options = {} }: AdminRequest, token: string) {
  const headers = new Headers({
    accept: 'application/json',
    authorization: `Bearer ${token.trim()}`,
    'user-agent': `licet-node/${version}`,
  })
  if (method === 'POST') {
    headers.set('idempotency-key', options.idempotencyKey ?? crypto.randomUUID())
  }
  if (options.ifMatch !== undefined) headers.set('if-match', `"${options.ifMatch}"`)
  const init = { method, headers, redirect: 'manual' } as const
  if (body === undefined) return init
  headers.set('content-type', 'application/json')
  return { ...init, body: JSON.stringify(body) }
}

function countRetries({ method, options = {} }: AdminRequest, defaults: AdminOptions): number {
  return REPEATED_METHODS.includes(method) ? (options.retries ?? defaults.retries ?? RETRIES) : 0
}

async function runAttempt(
  transport: Transport,
  address: string,
  init: RequestInit,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  signal?.throwIfAborted()
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    const response = await transport(address, { ...init, signal: either })
    return readOutcome(response, await response.text())
  } catch (cause) {
    signal?.throwIfAborted()
    const error = timeout.aborted
      ? new NoAnswer('timeout', `No answer within ${timeoutMs} ms.`, { cause })
      : new NoAnswer('network', 'The server cannot be reached.', { cause })
    return { kind: 'failed', error, retry: { afterMs: null } }
  }
}

function readOutcome({ status, headers, ok }: Response, text: string): Outcome {
  const isJson = /^application\/(?:[\w.]+\+)?json\b/i.test(headers.get('content-type') ?? '')
  if (ok && !isJson) return { kind: 'done', value: text === '' ? undefined : text }
  if (ok) return readJson(status, text)
  if (status < 400) return fail(notLicet('The address redirects, which Licet never does.', status))
  const problem = isJson ? (parseObject(text) ?? {}) : {}
  const error = new LicetProblem(status, problem, headers.get('x-request-id'))
  if (!isRetriedStatus(status, error.code)) return fail(error)
  const afterMs = parseRetryAfterMs(headers.get('retry-after'), Date.now())
  return { kind: 'failed', error, retry: { afterMs } }
}

function readJson(status: number, text: string): Outcome {
  try {
    return { kind: 'done', value: JSON.parse(text) }
  } catch {
    return fail(notLicet('The response is not JSON, although it says so.', status))
  }
}

function fail(error: LicetProblem | NoAnswer): Outcome {
  return { kind: 'failed', error, retry: null }
}

/** Returns the error for a response of something else, such as the sign-in page of a network. */
export function notLicet(message: string, status?: number): NoAnswer {
  return new NoAnswer('not_licet', message, status === undefined ? {} : { status })
}
