import { createHash, createPublicKey } from 'node:crypto'
import type { TestKey } from './test-keys.ts'

/** The order of the base point (RFC 8032, §5.1). */
export const L = 2n ** 252n + 27742317777372353535851937790883648493n

/** Encodings of points whose order divides 8, written as hex. */
export const smallOrderPoints = {
  identity: '0100000000000000000000000000000000000000000000000000000000000000',
  order2: 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  order4: '0000000000000000000000000000000000000000000000000000000000000000',
  order8: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  order4Negative: '0000000000000000000000000000000000000000000000000000000000000080',
  order8Negative: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  order8Other: '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
}

/** Other encodings of the same points: y is not below p, or the sign of x = 0 is negative. */
export const nonCanonicalPoints = {
  identityPlusP: 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  identityNegative: '0100000000000000000000000000000000000000000000000000000000000080',
  order4PlusP: 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
}

/** Returns the secret scalar of a key, below L (RFC 8032, §5.1.5). */
export function computeScalar(key: TestKey): bigint {
  const hash = createHash('sha512').update(key.seed).digest().subarray(0, 32)
  hash[0] = (hash[0] ?? 0) & 248
  hash[31] = ((hash[31] ?? 0) & 63) | 64
  return fromLittleEndian(hash) % L
}

/** Returns SHA-512(R ‖ A ‖ message) modulo L. */
export function computeChallenge(r: Buffer, a: Buffer, message: string): bigint {
  const hash = createHash('sha512').update(r).update(a).update(message).digest()
  return fromLittleEndian(hash) % L
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}

export function toLittleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse()
}

/** Returns the 32 bytes of the public half of a key. */
export function exportPoint(key: TestKey): Buffer {
  const { x = '' } = createPublicKey(key.privateKey).export({ format: 'jwk' })
  return Buffer.from(x, 'base64url')
}
