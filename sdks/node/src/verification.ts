import type { TokenType } from './claims.ts'
import { coversDomain } from './domains.ts'
import type { VerifySignature } from './ed25519.ts'
import type { Feed } from './record.ts'
import { hashText, openToken, type Token, TokenError, type TokenFault } from './tokens.ts'

/** A clock may be this far behind the floor, or behind the time at which a token was issued. */
export const CLOCK_LEEWAY_SECONDS = 300

export type LicenseToken = Token<'licet-lease+jwt'> | Token<'licet-file+jwt'>

/** The request that an answer must belong to. */
export interface Proof {
  readonly nonce?: string | null | undefined
  /** The exact request body. */
  readonly requestBody?: string | null | undefined
  /** The route, such as `/validate`. */
  readonly route?: string | null | undefined
}

/** The product, device and domain that a license must be for, unless it is for any. */
export interface Binding {
  readonly product?: string | null | undefined
  readonly fingerprint?: string | null | undefined
  readonly domain?: string | null | undefined
}

export interface Expectations extends Proof, Binding {
  readonly publicKeys: readonly string[]
  /** The time in seconds. */
  readonly now: number
  readonly feed?: Feed | null | undefined
}

/** Opens a token and checks it in full (conformance suite, §Verification). Throws `TokenError`. */
export async function verifyToken<Type extends TokenType>(
  text: string,
  type: Type,
  expected: Expectations,
  verify: VerifySignature,
): Promise<Token<Type>> {
  const { feed = null, now } = expected
  const token = await openToken(text, type, expected.publicKeys, verify)
  const fault =
    findProofFault(token, expected, feed) ?? findLicenseFault(token, expected, feed, now)
  if (fault !== null) throw new TokenError(fault, explanations[fault])
  return token
}

/** Steps 12–16 for a lease or a file. Others are accepted without them. */
function findLicenseFault(token: Token, binding: Binding, feed: Feed | null, now: number) {
  if (!isLicenseToken(token)) return null
  const { iat } = token.claims
  const time = now < iat - CLOCK_LEEWAY_SECONDS ? iat : now
  return findBindingFault(token, binding, feed) ?? findTimeFault(token, time)
}

function isLicenseToken(token: Token): token is LicenseToken {
  return token.type === 'licet-lease+jwt' || token.type === 'licet-file+jwt'
}

/** Steps 9–11 of the conformance suite, §Verification: the key is not stolen, and the answer is ours. */
export function findProofFault(token: Token, proof: Proof, feed: Feed | null): TokenFault | null {
  const { type, kid, claims } = token
  const { nonce, requestBody, route } = proof
  const stolenSince = readOwn(feed?.keys, kid)
  if (stolenSince !== null && claims.iat >= stolenSince) return 'KEY_REVOKED'
  if (!('non' in claims)) return null
  const needsNonce = nonce != null || type === 'licet-answer+jwt'
  if (needsNonce && claims.non !== nonce) return 'NONCE_MISMATCH'
  if (requestBody != null && claims.req !== hashText(requestBody)) return 'REQUEST_MISMATCH'
  if (route != null && claims.rte !== route) return 'REQUEST_MISMATCH'
  return null
}

/** Steps 12–15: the license is for this product, device and domain, and is not revoked. */
export function findBindingFault(
  { claims }: LicenseToken,
  { product, fingerprint, domain }: Binding,
  feed: Feed | null,
): TokenFault | null {
  const { aud, fp, dom, sub, act, iat } = claims
  if (product != null && aud !== product) return 'PRODUCT_MISMATCH'
  if (fp !== null && (fingerprint == null || fp !== hashText(fingerprint))) {
    return 'FINGERPRINT_MISMATCH'
  }
  if (dom !== null && (domain == null || !coversDomain(dom, domain))) return 'DOMAIN_MISMATCH'
  const isRevoked = [sub, ...act].some((id) => iat < (readOwn(feed?.revoked, id) ?? 0))
  return isRevoked ? 'LICENSE_REVOKED' : null
}

/** Step 16: the license has not expired at a time in seconds. */
export function findTimeFault({ type, claims }: LicenseToken, time: number): TokenFault | null {
  if (time < claims.exp) return null
  return type === 'licet-lease+jwt' ? 'LEASE_EXPIRED' : 'FILE_EXPIRED'
}

function readOwn(times: Readonly<Record<string, number>> | undefined, name: string): number | null {
  return times !== undefined && Object.hasOwn(times, name) ? (times[name] ?? null) : null
}

/** For people. */
export const explanations: Readonly<Record<TokenFault, string>> = {
  MALFORMED: 'The license is incomplete or damaged.',
  TYPE_UNEXPECTED: 'This is not a license.',
  KEY_UNKNOWN: 'The license was signed by an unknown key.',
  SIGNATURE_INVALID: 'The signature of the license is wrong.',
  KEY_REVOKED: 'The license was signed with a stolen key. Ask for a new one.',
  NONCE_MISMATCH: 'This is the answer to another request.',
  REQUEST_MISMATCH: 'This is the answer to another request.',
  PRODUCT_MISMATCH: 'The license is for another product.',
  FINGERPRINT_MISMATCH: 'The license is for another device.',
  DOMAIN_MISMATCH: 'The license is for another domain.',
  LICENSE_REVOKED: 'The license has been revoked.',
  LEASE_EXPIRED: 'The license was not confirmed for too long. Connect to the internet.',
  FILE_EXPIRED: 'The license file has expired. Ask for a new one.',
  FEED_GAP: 'Import the earlier revocations first.',
}
