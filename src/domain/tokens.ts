import type { Features } from './plans.ts'
import { SECOND_MS } from './times.ts'
import type { Refusal } from './verdicts.ts'

/** The `typ` of each kind of signed token. */
export const tokenTypes = [
  'licet-lease+jwt',
  'licet-file+jwt',
  'licet-answer+jwt',
  'licet-revocations+jwt',
] as const
export type TokenType = (typeof tokenTypes)[number]

/** The random bytes of the id of a token. */
export const TOKEN_ID_BYTES = 16
/** A clock may be this far behind that of the server. */
const NOT_BEFORE_LEEWAY_SECONDS = 300
/** A signed answer proves what the server says now, so it is short-lived. */
const ANSWER_SECONDS = 300
const FEED_SECONDS = 7 * 86_400

/** The seat that a token relies on, and when it ends. */
interface SeatClaim {
  readonly id: string
  readonly exp: number
}

/** The claims of a lease. Times in tokens are whole seconds (NumericDate of RFC 7519). */
export interface LeaseClaims {
  /** The slug of the product. */
  readonly aud: string
  /** The id of the license. */
  readonly sub: string
  readonly valid: true
  readonly plan: string
  readonly features: Features
  readonly warnings: readonly string[]
  /** The hash of the fingerprint; null if it is bound to no device. */
  readonly fp: string | null
  /** The domains it is bound to: `example.com` (also `www.`), or `*.example.com`. */
  readonly dom: readonly string[] | null
  /** The ids of the activations it relies on. */
  readonly act: readonly string[]
  readonly sea: SeatClaim | null
  /** When the license ends, including its grace period. */
  readonly end: number | null
  /** When to refresh it. */
  readonly rfa: number
  /** Until when it is valid; then it is in grace until `exp`. */
  readonly vld: number
  readonly exp: number
  /** The position of the revocation feed when it was signed. */
  readonly rev: number
  readonly non: string | null
  /** The hash of the request's body; null for files. */
  readonly req: string | null
  /** The route of the request, such as `/validate`; files have none. */
  readonly rte?: string
}

/** The claims of a license file. */
export interface FileClaims extends LeaseClaims {
  /** The secret of its return code; null if it is bound to no activation. */
  readonly ret: string | null
}

interface AnswerFacts {
  /** Null for an unknown license key. */
  readonly aud: string | null
  readonly sub: string | null
  readonly non: string | null
  readonly req: string | null
  readonly rte?: string
  readonly rev: number
}

interface Grant {
  readonly valid: true
  readonly plan: string
  readonly features: Features
  readonly warnings: readonly string[]
  readonly end: number | null
  /** Only in the answer to a request for a seat. */
  readonly sea?: SeatClaim
}

/** The claims of a signed verdict. */
export type AnswerClaims = AnswerFacts & { readonly exp: number } & (Grant | Refusal)

/** The claims of the revocation feed. */
export interface RevocationClaims {
  /** The numbers of the feed that it covers: those after `from`, up to `to`. */
  readonly from: number
  readonly to: number
  /** Whether to ask again, with `after` set to `to`. */
  readonly more: boolean
  /** A token of this license or activation that was issued before the time is void. 0 lifts an entry. */
  readonly revoked: readonly (readonly [id: string, before: number])[]
  /** A token that is signed with this key and was issued at this time or later is void. */
  readonly keys: readonly (readonly [kid: string, since: number])[]
  readonly exp: number
}

/** The claims of each type of token, besides those that every token has. */
export interface ClaimsOf {
  readonly 'licet-lease+jwt': LeaseClaims
  readonly 'licet-file+jwt': FileClaims
  readonly 'licet-answer+jwt': AnswerClaims
  readonly 'licet-revocations+jwt': RevocationClaims
}

/** The claims that every token has besides `exp`. */
export interface CommonClaims {
  readonly iss: string
  readonly jti: string
  readonly iat: number
  readonly nbf: number
}

/** A seat that a token relies on. */
export interface SignedSeat {
  readonly id: string
  readonly expiresAtMs: number
}

/** The terms that leases and files share. Times are ms, hashes base64url. */
export interface SignedTerms {
  readonly productSlug: string
  readonly licenseId: string
  readonly planSlug: string
  readonly features: Features
  readonly warnings: readonly string[]
  readonly fingerprintHash: string | null
  readonly domains: readonly string[] | null
  readonly activationIds: readonly string[]
  readonly seat: SignedSeat | null
  /** When the license ends, including its grace period. */
  readonly endsAtMs: number | null
  readonly refreshAfterMs: number
  readonly validUntilMs: number
  readonly expiresAtMs: number
  readonly feedPosition: number
  readonly nonce: string | null
  readonly requestHash: string | null
}

/** Returns the claims of a lease. Those of a file also have `ret`. */
export function buildLeaseClaims(terms: SignedTerms): LeaseClaims {
  const { seat, endsAtMs } = terms
  return {
    aud: terms.productSlug,
    sub: terms.licenseId,
    valid: true,
    plan: terms.planSlug,
    features: terms.features,
    warnings: terms.warnings,
    fp: terms.fingerprintHash,
    dom: terms.domains,
    act: terms.activationIds,
    sea: seat && toSeatClaim(seat),
    end: endsAtMs === null ? null : toSeconds(endsAtMs),
    rfa: toSeconds(terms.refreshAfterMs),
    vld: toSeconds(terms.validUntilMs),
    exp: toSeconds(terms.expiresAtMs),
    rev: terms.feedPosition,
    non: terms.nonce,
    req: terms.requestHash,
  }
}

/** The subject of a signed verdict. Product and license are null for an unknown license key. */
export interface AnswerSubject {
  readonly productSlug: string | null
  readonly licenseId: string | null
  readonly nonce: string | null
  readonly requestHash: string | null
  readonly feedPosition: number
}

export type AnswerVerdict =
  | Refusal
  | {
      readonly valid: true
      readonly planSlug: string
      readonly features: Features
      readonly warnings: readonly string[]
      readonly endsAtMs: number | null
      /** The seat that was granted, if the request was for one. */
      readonly seat?: SignedSeat | null
    }

/** Returns the claims of a signed verdict. */
export function buildAnswerClaims(
  subject: AnswerSubject,
  verdict: AnswerVerdict,
  nowMs: number,
): AnswerClaims {
  const facts = {
    aud: subject.productSlug,
    sub: subject.licenseId,
    non: subject.nonce,
    req: subject.requestHash,
    rev: subject.feedPosition,
    exp: toSeconds(nowMs) + ANSWER_SECONDS,
  }
  if (!verdict.valid) {
    const { error, message, details } = verdict
    return { ...facts, valid: false, error, message, ...(details && { details }) }
  }
  const { planSlug: plan, features, warnings, endsAtMs, seat } = verdict
  const end = endsAtMs === null ? null : toSeconds(endsAtMs)
  const sea = seat && { sea: toSeatClaim(seat) }
  return { ...facts, valid: true, plan, features, warnings, end, ...sea }
}

/** A part of the revocation feed. */
export interface FeedPart {
  readonly from: number
  readonly to: number
  readonly more: boolean
  readonly entries: readonly { readonly id: string; readonly beforeMs: number }[]
  readonly revokedKeys: readonly { readonly kid: string; readonly sinceMs: number }[]
}

/** Returns the claims of a part of the revocation feed. */
export function buildRevocationClaims(part: FeedPart, nowMs: number): RevocationClaims {
  const { from, to, more, entries, revokedKeys } = part
  return {
    from,
    to,
    more,
    revoked: entries.map(({ id, beforeMs }) => [id, toSeconds(beforeMs)] as const),
    keys: revokedKeys.map(({ kid, sinceMs }) => [kid, toSeconds(sinceMs)] as const),
    exp: toSeconds(nowMs) + FEED_SECONDS,
  }
}

/** Returns the `jti` of a new token, which is also the id of a license file: 22 characters. */
export function formatTokenId(randomBytes: Uint8Array): string {
  return randomBytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

/** Returns the claims that every token has, for a token that is signed at `nowMs`. */
export function buildCommonClaims(iss: string, jti: string, nowMs: number): CommonClaims {
  const iat = toSeconds(nowMs)
  return { iss, jti, iat, nbf: iat - NOT_BEFORE_LEEWAY_SECONDS }
}

const toSeatClaim = ({ id, expiresAtMs }: SignedSeat): SeatClaim => ({
  id,
  exp: toSeconds(expiresAtMs),
})

const toSeconds = (timeMs: number) => Math.floor(timeMs / SECOND_MS)
