import type { VerifySignature } from './ed25519.ts'
import { LicetProblem, NoAnswer, type ProblemBody } from './errors.ts'
import { isObject, type JsonObject, parseObject } from './json.ts'
import { type Feed, isValidBody, type ValidBody } from './record.ts'
import { type License, readLicense } from './state.ts'
import { openToken, type Token, TokenError } from './tokens.ts'
import { findProofFault, type Proof } from './verification.ts'

/** What became of a request: a response, or the reason why there is none. */
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

/**
 * Decides whether the outcome of a validation is a verdict (conformance suite, §The judge, 1). With
 * pinned keys, only a signed answer is one, and nothing beside it is read.
 */
export async function readVerdict(
  outcome: Outcome,
  publicKeys: readonly string[],
  proof: Proof,
  feed: Feed | null,
  verify: VerifySignature,
): Promise<Verdict | NoVerdict> {
  if ('failure' in outcome) return { kind: 'none', error: outcome.failure }
  const { status, date } = outcome
  const body = parseObject(outcome.body) ?? {}
  if (status !== 200 && status !== 404) return { kind: 'none', error: readError(status, body) }
  if (publicKeys.length > 0) return readSigned(body.signed, publicKeys, proof, feed, verify)
  const at = readDate(date)
  if (status === 200 && isValidBody(body)) {
    const { license, warnings } = body
    return { kind: 'valid', license, warnings, at, lease: null, body }
  }
  const { valid, error, message, details } = body
  if (valid === false && typeof error === 'string' && typeof message === 'string') {
    return { kind: 'refused', code: error, message, details: isObject(details) ? details : {}, at }
  }
  return none('not_licet', `The response with status ${status} does not come from Licet.`)
}

/** Statuses below 400, 408, 425, 429 and 5xx say nothing; others report a mistake in the request. */
export function readError(status: number, body: JsonObject): NoAnswer | LicetProblem {
  const saysNothing = status < 400 || status >= 500 || [408, 425, 429].includes(status)
  return saysNothing
    ? new NoAnswer('status', `The server answered ${status}.`, { status })
    : new LicetProblem(status, body as ProblemBody)
}

async function readSigned(
  signed: unknown,
  publicKeys: readonly string[],
  proof: Proof,
  feed: Feed | null,
  verify: VerifySignature,
): Promise<Verdict | NoVerdict> {
  if (typeof signed !== 'string') return none('signature', 'The response is not signed.')
  try {
    const token = await openAnswer(signed, publicKeys, verify)
    const fault = findProofFault(token, proof, feed)
    if (fault !== null) return none('signature', `The signature proves nothing: ${fault}.`)
    const { claims } = token
    const { iat: at } = claims
    if (!claims.valid) {
      const { error: code, message, details = {} } = claims
      return { kind: 'refused', code, message, details, at }
    }
    const lease = token.type === 'licet-lease+jwt' ? { text: signed, token } : null
    const { warnings } = claims
    return { kind: 'valid', license: readLicense(claims), warnings, at, lease, body: null }
  } catch (error) {
    if (error instanceof TokenError) return none('signature', error.message)
    throw error
  }
}

async function openAnswer(
  text: string,
  publicKeys: readonly string[],
  verify: VerifySignature,
): Promise<Token<'licet-lease+jwt'> | Token<'licet-answer+jwt'>> {
  try {
    return await openToken(text, 'licet-lease+jwt', publicKeys, verify)
  } catch (error) {
    if (!(error instanceof TokenError) || error.code !== 'TYPE_UNEXPECTED') throw error
    return openToken(text, 'licet-answer+jwt', publicKeys, verify)
  }
}

function none(reason: NoAnswer['reason'], message: string): NoVerdict {
  return { kind: 'none', error: new NoAnswer(reason, message) }
}

function readDate(date: string | null): number | null {
  const ms = date === null ? Number.NaN : Date.parse(date)
  return Number.isNaN(ms) ? null : Math.floor(ms / 1000)
}
