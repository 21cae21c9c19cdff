import {
  DAY,
  FINGERPRINT,
  features,
  formatTime,
  LICENSE_ID,
  NONCE,
  PRODUCT,
  pinned,
  REQUEST,
  T0,
} from '../samples.ts'
import type { Claims } from '../sign-token.ts'

export type Outcome =
  | null
  | { readonly failure: 'timeout' | 'network' }
  | {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

export interface JudgeOptions {
  readonly publicKeys?: readonly string[]
  readonly product?: string
  readonly fingerprint?: string
  readonly domain?: string
  readonly features?: readonly string[]
  readonly nonce?: string
  readonly requestBody?: string
  readonly refresh?: number
  readonly hardLimit?: number
  readonly builtAt?: number
}

export interface State {
  readonly allowed: boolean
  readonly status: 'licensed' | 'grace' | 'refused' | 'unknown'
  readonly source: 'server' | 'lease' | 'file' | 'cache' | 'none'
  readonly code: string | null
  readonly message?: string
  readonly license: {
    readonly id: string
    readonly plan: string
    readonly features: Claims
    readonly expiresAt: string | null
  } | null
  readonly warnings: readonly string[]
  readonly staleSince: string | null
  readonly refreshAfter: string | null
  readonly validUntil: string | null
}

export interface LicenseRecord {
  readonly v: 1
  readonly lease: string | null
  readonly file: string | null
  readonly answer: { readonly at: number; readonly verdict: Claims } | null
  readonly tombstone: {
    readonly code: string
    readonly message: string
    readonly at: number
  } | null
  readonly floor: number
  readonly feed: {
    readonly to: number
    readonly revoked: Readonly<Record<string, number>>
    readonly keys: Readonly<Record<string, number>>
  } | null
}

/** One call of the judge, or one import. The record is that of the step before. */
export type Step = {
  readonly now: number
  /** Changes of the options of the case. */
  readonly options?: JudgeOptions
  readonly expected: Ruling | { readonly error: string; readonly record: LicenseRecord }
} & (
  | { readonly outcome: Outcome }
  | { readonly importFile: string }
  | { readonly importRevocations: string }
)

export interface Ruling {
  readonly state: State
  readonly refresh: boolean
  readonly record: LicenseRecord
}

export interface JudgeCase {
  readonly id: string
  readonly description: string
  readonly options: JudgeOptions
  readonly record: unknown
  readonly steps: readonly Step[]
}

/** How a client with pinned keys asks the judge. */
export const pinnedOptions: JudgeOptions = {
  publicKeys: pinned,
  product: PRODUCT,
  fingerprint: FINGERPRINT,
  nonce: NONCE,
  requestBody: REQUEST,
}

/** How a client without pinned keys asks the judge. */
export const plainOptions: JudgeOptions = { product: PRODUCT, fingerprint: FINGERPRINT }

export const noRequest: Outcome = null
export const timeout: Outcome = { failure: 'timeout' }

export const license = {
  id: LICENSE_ID,
  plan: 'professional',
  features,
  expiresAt: formatTime(T0 + 365 * DAY),
}

/** The times of a state, in seconds. */
interface Times {
  readonly staleSince?: number
  readonly refreshAfter?: number
  readonly validUntil?: number
}

export function allow(
  source: State['source'],
  times: Times,
  warnings: readonly string[] = [],
  shown: NonNullable<State['license']> = license,
): State {
  const { staleSince, refreshAfter, validUntil } = times
  return {
    allowed: true,
    status: staleSince === undefined ? 'licensed' : 'grace',
    source,
    code: null,
    license: shown,
    warnings,
    staleSince: formatOrNull(staleSince),
    refreshAfter: formatOrNull(refreshAfter),
    validUntil: formatOrNull(validUntil),
  }
}

function formatOrNull(seconds: number | undefined): string | null {
  return seconds === undefined ? null : formatTime(seconds)
}

function deny(status: 'refused' | 'unknown', source: State['source'], code: string): State {
  return {
    allowed: false,
    status,
    source,
    code,
    license: null,
    warnings: [],
    staleSince: null,
    refreshAfter: null,
    validUntil: null,
  }
}

export function refuse(source: State['source'], code: string, message?: string): State {
  const state = deny('refused', source, code)
  return message === undefined ? state : { ...state, message }
}

export function doubt(code: string, source: State['source'] = 'none'): State {
  return deny('unknown', source, code)
}

export function buildRecord(changes: Partial<LicenseRecord> = {}): LicenseRecord {
  return {
    v: 1,
    lease: null,
    file: null,
    answer: null,
    tombstone: null,
    floor: T0,
    feed: null,
    ...changes,
  }
}

export function respond(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
): Outcome {
  return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }
}

/** Returns a response with a signed verdict, and nothing else that counts. */
export function respondSigned(token: string, status = 200): Outcome {
  return respond(status, { signed: token })
}

export const plainVerdict = { valid: true, license, warnings: [] }

/** Returns a response without a signature, at the time of a server. */
export function respondPlain(body: unknown, at: number, status = 200): Outcome {
  const date = new Date(at * 1000).toUTCString()
  return respond(status, body, { 'content-type': 'application/json', date })
}

export const captivePortal = respond(200, '<html><body>Please accept our terms.</body></html>', {
  'content-type': 'text/html',
})

/** The times of a lease issued at `iat`. */
export function leaseTimes(iat = T0) {
  return { refreshAfter: iat + DAY, validUntil: iat + 30 * DAY }
}

/** The times of an answer without a signature, with the default limits. */
export const answerTimes = leaseTimes

export function fileTimes(exp = T0 + 365 * DAY) {
  return { refreshAfter: exp, validUntil: exp }
}

/** Builds a case of one call of the judge. */
export function judgeOnce(
  id: string,
  description: string,
  input: { options: JudgeOptions; record: unknown; now: number; outcome: Outcome },
  expected: Ruling,
): JudgeCase {
  const { options, record, now, outcome } = input
  return { id, description, options, record, steps: [{ now, outcome, expected }] }
}
