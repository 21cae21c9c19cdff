import { coversDomain } from './domains.ts'
import type { Feed } from './record.ts'
import { hashText, type Token, type TokenFault } from './tokens.ts'

export type LicenseToken = Token<'licet-lease+jwt'> | Token<'licet-file+jwt'>

/** What the answer to a request must prove. */
export interface Proof {
  readonly nonce?: string | null | undefined
  /** The exact request body. */
  readonly requestBody?: string | null | undefined
}

/** What a license must be for, unless it is for any. */
export interface Binding {
  readonly product?: string | null | undefined
  readonly fingerprint?: string | null | undefined
  readonly domain?: string | null | undefined
}

/** Steps 9–11 of the conformance suite, §Verification: the key is not stolen, and the answer is ours. */
export function findProofFault(token: Token, proof: Proof, feed: Feed | null): TokenFault | null {
  const { type, kid, claims } = token
  const { nonce, requestBody } = proof
  const stolenSince = readOwn(feed?.keys, kid)
  if (stolenSince !== null && claims.iat >= stolenSince) return 'KEY_REVOKED'
  if (!('non' in claims)) return null
  const needsNonce = nonce != null || type === 'licet-answer+jwt'
  if (needsNonce && claims.non !== nonce) return 'NONCE_MISMATCH'
  if (requestBody != null && claims.req !== hashText(requestBody)) return 'REQUEST_MISMATCH'
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
