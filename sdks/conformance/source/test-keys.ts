import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** DER of a PKCS#8 Ed25519 key up to its 32-byte seed (RFC 8410, §7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A key pair whose seed anyone can compute, for tests only. */
export interface TestKey {
  /** The first 16 characters of the JWK thumbprint (RFC 7638). */
  readonly kid: string
  /** The public key: base64url of 32 bytes. */
  readonly x: string
  readonly seed: Buffer
  readonly privateKey: KeyObject
}

/** Returns the key pair whose seed is the SHA-256 of `licet conformance key NAME`. */
export function buildTestKey(name: string): TestKey {
  const seed = createHash('sha256').update(`licet conformance key ${name}`).digest()
  const der = Buffer.concat([PKCS8_PREFIX, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { kid: computeKid(x), x, seed, privateKey }
}

/** Returns the `kid` of the public key `x`. */
export function computeKid(x: string): string {
  return hashToBase64url(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).slice(0, 16)
}

/** Returns the base64url SHA-256 of a text in UTF-8, as in the claims `fp` and `req`. */
export function hashToBase64url(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

export const testKeys = {
  active: buildTestKey('active'),
  next: buildTestKey('next'),
  stranger: buildTestKey('stranger'),
}
