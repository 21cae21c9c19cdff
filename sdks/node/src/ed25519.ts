/** Checks an Ed25519 signature (RFC 8032) with the platform's cryptography. All lengths are correct. */
export type VerifySignature = (
  publicKey: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
) => Promise<boolean>

export const P = 2n ** 255n - 19n
/** The order of the base point. */
export const L = 2n ** 252n + 27742317777372353535851937790883648493n
const ORDER_8_Y = 0x5fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n
/** The y coordinates of the points whose order divides 8. Signatures by such keys prove nothing. */
const SMALL_ORDER_Y = new Set([0n, 1n, P - 1n, ORDER_8_Y, P - ORDER_8_Y])

/** Whether a public key is a canonical encoding, and not of small order. */
export function isSoundKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false
  const y = toInteger(publicKey) & (2n ** 255n - 1n)
  return y < P && !SMALL_ORDER_Y.has(y)
}

/** Whether R is a sound point and S is below L, so that a signature has one encoding only. */
export function isSoundSignature(signature: Uint8Array): boolean {
  return (
    signature.length === 64 &&
    isSoundKey(signature.subarray(0, 32)) &&
    toInteger(signature.subarray(32)) < L
  )
}

/** Reads little-endian bytes. */
export function toInteger(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}
