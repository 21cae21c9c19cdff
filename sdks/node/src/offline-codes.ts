import { fromBase64url, toBase64url, toUtf8 } from './bytes.ts'
import { ALPHABET } from './keys.ts'
import { hmacSha256 } from './sha256.ts'

const REQUEST_PREFIX = 'LQ1.'
const SYMBOLS = 10

export interface OfflineRequest {
  readonly product: string | null
  readonly key: string
  readonly fingerprint: string
  /** A name for the device, for the vendor's list. */
  readonly name: string | null
  readonly nonce: string
}

/** Returns the code with which a device without a connection asks for a license file. */
export function encodeRequest({ product, key, fingerprint, name, nonce }: OfflineRequest): string {
  const request = {
    v: 1,
    ...(product !== null && { product }),
    key,
    fp: fingerprint,
    ...(name !== null && { name }),
    nonce,
  }
  return REQUEST_PREFIX + toBase64url(toUtf8(JSON.stringify(request)))
}

/**
 * Returns the code that proves that a device has deleted its license file: the first 50 bits of
 * HMAC-SHA-256 of the file's ID under its secret, in Crockford's Base32, as XXXXX-XXXXX.
 */
export function computeReturnCode(secret: string, fileId: string): string {
  const mac = hmacSha256(fromBase64url(secret) ?? new Uint8Array(), toUtf8(fileId))
  const symbols = Array.from({ length: SYMBOLS }, (_, index) => {
    const [bit, twoBytes] = [index * 5, readTwoBytes(mac, (index * 5) >> 3)]
    return ALPHABET.charAt((twoBytes >> (11 - (bit & 7))) & 31)
  })
  return `${symbols.slice(0, SYMBOLS / 2).join('')}-${symbols.slice(SYMBOLS / 2).join('')}`
}

function readTwoBytes(bytes: Uint8Array, index: number): number {
  return ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)
}
