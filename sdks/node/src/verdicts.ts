import type { SeatClaim } from './claims.ts'
import type { VerifySignature } from './ed25519.ts'
import { LicetProblem, NoAnswer } from './errors.ts'
import { isObject, type JsonObject, parseObject } from './json.ts'
import { type Feed, parseValidBody, type ValidBody } from './record.ts'
import { type License, readLicense } from './state.ts'
import { openEither, type Token, TokenError } from './tokens.ts'
import { findProofFault, type Proof } from './verification.ts'

/** A response, or the reason why there is none. */
export type Outcome =
  | { readonly failure: NoAnswer }
  | {
      readonly status: number
      /** The Date header, if there is one. */
      readonly date: string | null
      readonly body: string
    }

export interface ValidVerdict {
  readonly kind: 'valid'
  readonly license: License
  readonly warnings: readonly string[]
  /** When the server decided, in seconds; null if it did not say. */
  readonly at: number | null
  readonly lease: { readonly text: string; readonly token: Token<'licet-lease+jwt'> } | null
  /** The seat that was granted, if the server has signed one. */
  readonly seat: SeatClaim | null
  /** The response, if it needs no signature. */
  readonly body: ValidBody | null
}

export interface RefusedVerdict {
  readonly kind: 'refused'
  readonly code: string
  readonly message: string
  readonly details: JsonObject
  readonly at: number | null
}

/** The response is no answer. */
export interface NoVerdict {
  readonly kind: 'none'
  readonly error: NoAnswer | LicetProblem
}

export type Verdict = ValidVerdict | RefusedVerdict

/** The requirements of a signed answer. Without public keys, answers need no signature. */
export interface Expected extends Proof {
  readonly publicKeys: readonly string[]
  readonly product?: string | null | undefined
}

/**
 * Decides whether the outcome of a validation is a verdict (conformance suite, §The judge, 1). With
 * pinned keys, only a signed answer is one, and nothing beside it is read.
 */
export async function readVerdict(
  outcome: Outcome,
  expected: Expected,
  feed: Feed | null,
  verify: VerifySignature,
): Promise<Verdict | NoVerdict> {
  if ('failure' in outcome) return { kind: 'none', error: outcome.failure }
  const { status, date } = outcome
  const body = parseObject(outcome.body) ?? {}
  if (status !== 200 && status !== 404) return { kind: 'none', error: readError(status, body) }
  if (expected.publicKeys.length > 0) {
    const found = await readSigned(body.signed, expected, feed, verify)
    const error = readError(status, body)
    return found.kind === 'none' && error instanceof LicetProblem ? { kind: 'none', error } : found
  }
  const at = readDate(date)
  const granted = status === 200 ? parseValidBody(body) : null
  if (granted !== null) {
    const { license, warnings } = granted
    return { kind: 'valid', license, warnings, at, lease: null, seat: null, body: granted }
  }
  const { valid, error, message, details } = body
  if (valid === false && typeof error === 'string' && typeof message === 'string') {
    return { kind: 'refused', code: error, message, details: isObject(details) ? details : {}, at }
  }
  return { kind: 'none', error: readError(status, body) }
}

/** Returns what a response reports that grants nothing: a problem, or nothing that counts. */
export function readError(status: number, body: JsonObject): NoAnswer | LicetProblem {
  const isProblem = status >= 400 && status < 500 && typeof body.code === 'string'
  if (isProblem) return new LicetProblem(status, body)
  const message = `The response with status ${status} does not come from Licet.`
  return new NoAnswer('not_licet', message, { status })
}

async function readSigned(
  signed: unknown,
  expected: Expected,
  feed: Feed | null,
  verify: VerifySignature,
): Promise<Verdict | NoVerdict> {
  if (typeof signed !== 'string') return none('signature', 'The response is not signed.')
  try {
    const types = ['licet-lease+jwt', 'licet-answer+jwt'] as const
    const token = await openEither(signed, types, expected.publicKeys, verify)
    const fault = findProofFault(token, expected, feed)
    if (fault !== null) return none('signature', `The signature proves nothing: ${fault}.`)
    const { claims } = token
    const { iat: at } = claims
    if (!claims.valid) {
      const { error: code, message, details = {} } = claims
      return { kind: 'refused', code, message, details, at }
    }
    if (expected.product != null && claims.aud !== expected.product) {
      return none('signature', 'The signed answer is about another product.')
    }
    const lease = token.type === 'licet-lease+jwt' ? { text: signed, token } : null
    const { warnings, sea: seat = null } = claims
    return { kind: 'valid', license: readLicense(claims), warnings, at, lease, seat, body: null }
  } catch (error) {
    if (error instanceof TokenError) return none('signature', error.message)
    throw error
  }
}

function none(reason: NoAnswer['reason'], message: string): NoVerdict {
  return { kind: 'none', error: new NoAnswer(reason, message) }
}

function readDate(date: string | null): number | null {
  const ms = date === null ? Number.NaN : Date.parse(date)
  return Number.isNaN(ms) ? null : Math.floor(ms / 1000)
}
