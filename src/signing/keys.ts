import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { assert } from '~/assert.ts'
import { Fault } from '~/domain/faults.ts'

export const SEED_BYTES = 32
const KID_LENGTH = 16

/** The bytes before the seed in the PKCS#8 form of an Ed25519 private key (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Returns the private key of a seed of 32 bytes (RFC 8032). */
export function toPrivateKey(seed: Uint8Array): KeyObject {
  assert(seed.length === SEED_BYTES, 'an Ed25519 seed has 32 bytes')
  const key = Buffer.concat([PKCS8_PREFIX, seed])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

/** Returns the 32 bytes of the public key in base64url: `x` of its JSON Web Key (RFC 8037). */
export function toPublicText(privateKey: KeyObject): string {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  assert(typeof x === 'string', 'the JSON Web Key of an Ed25519 key has an x')
  return x
}

/** Returns the first 16 characters of the thumbprint of a public key (RFC 7638). */
export function computeKid(publicKey: string): string {
  const members = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x: publicKey })
  return createHash('sha256').update(members).digest('base64url').slice(0, KID_LENGTH)
}

/** Returns a private key as text: PKCS#8 in PEM, which OpenSSL reads. */
export function formatPrivateKey(privateKey: KeyObject): string {
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

/** Returns the seed of a private key in PEM. Throws a Fault for anything but an Ed25519 key. */
export function parsePrivateKey(text: string): Uint8Array {
  try {
    const { crv, d } = createPrivateKey(text).export({ format: 'jwk' })
    assert(crv === 'Ed25519' && d !== undefined, 'the key is of this kind')
    return Buffer.from(d, 'base64url')
  } catch (cause) {
    const detail = 'This is no Ed25519 private key in PEM format (PKCS#8), without a passphrase.'
    throw new Fault('invalid_request', detail, { cause })
  }
}
