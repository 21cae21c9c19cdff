/** How a signed reply differs from a good one. */
export interface Flaws {
  /** The nonce of another request, or none. */
  readonly nonce?: 'other' | 'none'
  /** The hash of another request, or none. */
  readonly request?: 'other' | 'none'
  /** The grant of another route to the same body. */
  readonly route?: string
  /** A key that is not pinned; the same under a pinned kid; or the next one, which is pinned. */
  readonly key?: 'stranger' | 'stranger-as-active' | 'next'
  /** The last characters of the signature are replaced. */
  readonly broken?: true
  /** There is no `signed` in the response, as from a server that knows no keys. */
  readonly unsigned?: true
}

/** The reaction of the fixture server to one request. */
export type Reply =
  | ({
      readonly send: 'lease' | 'answer'
      /** The response is held back for so long, so that other calls are made while it is awaited. */
      readonly delayMs?: number
      /** The token was issued this long ago. */
      readonly ageSeconds?: number
      readonly status?: number
      readonly features?: Readonly<Record<string, boolean | number | string>>
    } & Flaws)
  | ({
      readonly send: 'refusal'
      readonly error: string
      readonly message: string
      readonly status?: number
    } & Flaws)
  | ({ readonly send: 'activation' } & Flaws)
  | ({
      readonly send: 'seat'
      /** The seat in the claims, which is also that in the body; null: there is none in the claims. */
      readonly sea?: { readonly id: string; readonly exp: number } | null
      /** Replaces members of the body, which are not signed. */
      readonly body?: Readonly<Record<string, unknown>>
    } & Flaws)
  | {
      readonly send: 'problem'
      readonly status: number
      readonly code: string
      readonly details?: object
    }
  | {
      readonly send: 'response'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      /** Adds a Retry-After that is a date this far ahead. */
      readonly retryAfterDateSeconds?: number
    }
  /** The same bytes as the reply to the first request. */
  | { readonly send: 'replay' }
  /** Nothing until the client hangs up; a closed connection; a byte now and then; bytes without end. */
  | { readonly send: 'nothing' | 'reset' | 'slow' | 'endless' }

export interface ExpectedState {
  readonly allowed: boolean
  readonly status: 'licensed' | 'grace' | 'refused' | 'unknown'
  readonly source: 'server' | 'lease' | 'file' | 'cache' | 'none'
  readonly code?: string
}

export type ClientCall =
  | 'check'
  | 'validate'
  | 'activate'
  | 'deactivate'
  | 'seats.acquire'
  | 'seats.renew'
  | 'seats.release'
  | 'admin.licenses.create'

export interface HttpStep {
  readonly call: ClientCall
  readonly with?: { readonly fresh?: true; readonly features?: readonly string[] }
  /** The call is made by a new client with the same store, or with an empty one. */
  readonly client?: 'restarted' | 'empty'
  /** The call is made so many times at once. All get the same result. */
  readonly times?: number
  /** The call returns within this time, although a reply may take longer. */
  readonly withinMs?: number
  readonly expected:
    | { readonly state: ExpectedState }
    | { readonly verdict: { readonly valid: boolean; readonly error?: string } }
    | { readonly id: string; readonly expiresAt?: string }
    | { readonly ok: true }
    | { readonly throws: 'NoAnswer' }
    | {
        readonly throws: 'ApiProblem'
        readonly status: number
        readonly code: string
        readonly details?: object
      }
  /** `onProblem` is called with this code. */
  readonly problem?: string
  /** Before the next step, the runner waits until the log has this many requests. */
  readonly thenRequests?: number
}

export interface Requests {
  readonly min: number
  readonly max: number
  /** The paths of the requests in their order, behind the address of the scenario. */
  readonly paths?: readonly string[]
  /** The least time between one request and the next, in milliseconds, in their order. */
  readonly gapsMs?: readonly number[]
  /** Members that every body has, or has not. */
  readonly has?: readonly string[]
  readonly hasNot?: readonly string[]
  /** A header that has the same value in all requests, or a member of the body that never repeats. */
  readonly sameHeader?: string
  readonly distinctMember?: string
}

export interface Scenario {
  readonly id: string
  readonly description: string
  readonly client: {
    readonly key: string
    readonly product: string
    readonly fingerprint: string
    readonly pinned: boolean
    readonly timeoutMs: number
  }
  /** The reply to the first request, the second, and so on. The last one is repeated. */
  readonly replies: readonly Reply[]
  readonly steps: readonly HttpStep[]
  readonly requests: Requests
}

const client = {
  key: 'TO-7Q4M-X0ZD-9KTB-2F17',
  product: 'acme-editor',
  fingerprint: 'device-1',
  pinned: true,
  // A machine may stop for seconds, which must not look like a server that does not respond.
  timeoutMs: 8000,
}

/** Builds a scenario of a client with pinned keys, or with other options. */
export function play(
  id: string,
  description: string,
  replies: readonly Reply[],
  steps: readonly HttpStep[],
  requests: Requests,
  changes: Partial<Scenario['client']> = {},
): Scenario {
  return { id, description, client: { ...client, ...changes }, replies, steps, requests }
}

export const call = (
  name: ClientCall,
  expected: HttpStep['expected'],
  more: Partial<HttpStep> = {},
): HttpStep => ({ call: name, ...more, expected })

export function checkStep(state: ExpectedState, more: Partial<HttpStep> = {}): HttpStep {
  return { call: 'check', ...more, expected: { state } }
}

export function exactly(count: number, more: Partial<Requests> = {}): Requests {
  return { min: count, max: count, ...more }
}

export const states = {
  server: { allowed: true, status: 'licensed', source: 'server' },
  lease: { allowed: true, status: 'licensed', source: 'lease' },
  grace: { allowed: true, status: 'grace', source: 'lease' },
  cache: { allowed: true, status: 'licensed', source: 'cache' },
  unknown: { allowed: false, status: 'unknown', source: 'none', code: 'NO_ANSWER' },
} as const satisfies Record<string, ExpectedState>

export function refusedState(source: 'server' | 'lease' | 'cache', code: string): ExpectedState {
  return { allowed: false, status: 'refused', source, code }
}
