import type { AnswerClaims, LeaseClaims } from './claims.ts'
import type { VerifySignature } from './ed25519.ts'
import { LicetProblem, NoAnswer, type ProblemBody } from './errors.ts'
import { isObject, type JsonObject, parseObject } from './json.ts'
import { isVerdict, type Verdict } from './record.ts'
import { type License, readLicense } from './state.ts'
import { hashText, openToken, TokenError } from './tokens.ts'

/** A response to a validation. `date` is its Date header in seconds, if it has one. */
export interface ValidationReply {
  readonly status: number
  readonly text: string
  readonly date: number | null
}

/** What a signed answer must prove to be an answer to this request. */
export interface Proof {
  readonly publicKeys: readonly string[]
  readonly nonce: string
  readonly requestBody: string
  readonly product: string | null
}

/** The meaning of a response, or of its absence. Times are in seconds. */
export type Finding =
  | {
      readonly kind: 'valid'
      readonly license: License
      readonly warnings: readonly string[]
      /** The time of the server. */
      readonly at: number | null
      readonly lease: { readonly text: string; readonly claims: LeaseClaims } | null
      /** The verdict, if it is not signed. */
      readonly verdict: Verdict | null
    }
  | {
      readonly kind: 'refused'
      readonly code: string
      readonly message: string
      readonly details: JsonObject
      readonly at: number | null
    }
  | { readonly kind: 'none'; readonly failure: NoAnswer }
  | { readonly kind: 'problem'; readonly problem: LicetProblem }

/**
 * Classifies a response to a validation. With pinned keys (`proof`), only a signed answer counts, and
 * nothing beside it is read.
 */
export async function readReply(
  reply: ValidationReply,
  proof: Proof | null,
  verify: VerifySignature,
): Promise<Finding> {
  const { status, date } = reply
  const body = parseObject(reply.text)
  if (status !== 200 && status !== 404) return readProblem(status, body)
  if (proof !== null) return readSigned(body?.signed, proof, verify)
  if (isVerdict(body)) {
    const { license, warnings } = body
    return { kind: 'valid', license, warnings, at: date, lease: null, verdict: body }
  }
  if (body?.valid === false && typeof body.error === 'string') {
    const message = typeof body.message === 'string' ? body.message : ''
    return buildRefused(body.error, message, body.details, date)
  }
  return buildNone('not_licet', `The response (status ${status}) does not come from Licet.`)
}

function readProblem(status: number, body: JsonObject | null): Finding {
  if (status < 400) return buildNone('not_licet', `The server answered ${status}.`)
  return { kind: 'problem', problem: new LicetProblem(status, (body ?? {}) as ProblemBody) }
}

async function readSigned(
  signed: unknown,
  proof: Proof,
  verify: VerifySignature,
): Promise<Finding> {
  if (typeof signed !== 'string') return buildNone('signature', 'The response is not signed.')
  try {
    const token = await openEither(signed, proof.publicKeys, verify)
    const { claims } = token
    if (claims.non !== proof.nonce || claims.req !== hashText(proof.requestBody)) {
      return buildNone('signature', 'The signature is for another request.')
    }
    if (!claims.valid) return buildRefused(claims.error, claims.message, claims.details, claims.iat)
    if (proof.product !== null && claims.aud !== proof.product) {
      return buildNone('signature', 'The signed answer is about another product.')
    }
    const { warnings, iat: at } = claims
    const license = readLicense(claims)
    const lease = token.type === 'licet-lease+jwt' ? { text: signed, claims: token.claims } : null
    return { kind: 'valid', license, warnings, at, lease, verdict: null }
  } catch (error) {
    if (error instanceof TokenError) return buildNone('signature', error.message)
    throw error
  }
}

type SignedVerdict =
  | { readonly type: 'licet-lease+jwt'; readonly claims: LeaseClaims }
  | { readonly type: 'licet-answer+jwt'; readonly claims: AnswerClaims }

async function openEither(
  text: string,
  publicKeys: readonly string[],
  verify: VerifySignature,
): Promise<SignedVerdict> {
  try {
    return await openToken(text, 'licet-lease+jwt', publicKeys, verify)
  } catch (error) {
    if (!(error instanceof TokenError) || error.code !== 'TYPE_UNEXPECTED') throw error
    return openToken(text, 'licet-answer+jwt', publicKeys, verify)
  }
}

function buildNone(reason: NoAnswer['reason'], message: string): Finding {
  return { kind: 'none', failure: new NoAnswer(reason, message) }
}

function buildRefused(code: string, message: string, details: unknown, at: number | null): Finding {
  return { kind: 'refused', code, message, details: isObject(details) ? details : {}, at }
}
