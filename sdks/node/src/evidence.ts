import type { FileClaims, LeaseClaims } from './claims.ts'
import { coversDomain } from './domains.ts'
import type { VerifySignature } from './ed25519.ts'
import type { Feed, LicenseRecord } from './record.ts'
import { hashText, openToken, type Token, TokenError } from './tokens.ts'

/** A lease or a license file whose signature has been verified. */
export interface Proven {
  readonly source: 'lease' | 'file'
  readonly kid: string
  readonly claims: LeaseClaims | FileClaims
}

/** A record with what its tokens prove. */
export interface Evidence {
  readonly record: LicenseRecord
  readonly proven: readonly Proven[]
}

/** Verifies the tokens of a record. One that cannot be verified proves nothing, and is left alone. */
export async function openRecord(
  record: LicenseRecord,
  publicKeys: readonly string[],
  verify: VerifySignature,
): Promise<Evidence> {
  const lease = await tryToOpen(record.lease, 'licet-lease+jwt', publicKeys, verify)
  const file = await tryToOpen(record.file, 'licet-file+jwt', publicKeys, verify)
  const proven: Proven[] = []
  if (lease !== null) proven.push({ source: 'lease', kid: lease.kid, claims: lease.claims })
  if (file !== null) proven.push({ source: 'file', kid: file.kid, claims: file.claims })
  return { record, proven }
}

async function tryToOpen<Type extends 'licet-lease+jwt' | 'licet-file+jwt'>(
  text: string | null,
  type: Type,
  publicKeys: readonly string[],
  verify: VerifySignature,
): Promise<Token<Type> | null> {
  if (text === null) return null
  try {
    return await openToken(text, type, publicKeys, verify)
  } catch (error) {
    if (error instanceof TokenError) return null
    throw error
  }
}

/** What a lease or file must match. Null matches anything that is not bound. */
export interface Binding {
  readonly product?: string | null
  readonly fingerprint?: string | null
  readonly domain?: string | null
}

export type Mismatch = 'PRODUCT_MISMATCH' | 'FINGERPRINT_MISMATCH' | 'DOMAIN_MISMATCH'

/** Returns why a lease or file is not for this app, device or domain; null if it is. */
export function findMismatch(claims: LeaseClaims, binding: Binding): Mismatch | null {
  const { product, fingerprint, domain } = binding
  if (product != null && claims.aud !== product) return 'PRODUCT_MISMATCH'
  if (claims.fp !== null && (fingerprint == null || claims.fp !== hashText(fingerprint))) {
    return 'FINGERPRINT_MISMATCH'
  }
  if (claims.dom !== null && (domain == null || !coversDomain(claims.dom, domain))) {
    return 'DOMAIN_MISMATCH'
  }
  return null
}

/** Returns how an imported feed revokes a lease or file; null if it does not. */
export function findRevocation(
  { kid, claims }: Proven,
  feed: Feed | null,
): 'KEY_REVOKED' | 'LICENSE_REVOKED' | null {
  if (feed === null) return null
  const { iat, sub, act } = claims
  const since = readOwn(feed.keys, kid)
  if (since !== null && iat >= since) return 'KEY_REVOKED'
  const isVoid = [sub, ...act].some((id) => iat < (readOwn(feed.revoked, id) ?? 0))
  return isVoid ? 'LICENSE_REVOKED' : null
}

function readOwn(times: Readonly<Record<string, number>>, name: string): number | null {
  return Object.hasOwn(times, name) ? (times[name] ?? null) : null
}
