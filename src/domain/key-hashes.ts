import { type Decision, unchanged } from './decisions.ts'
import type { KeyVault } from './license-keys.ts'
import { type LicenseKey, type LicenseSnapshot, updateByVendor } from './licenses.ts'

/** How another product has hashed its keys, with the length of the hash in bytes. */
export const hashAlgorithms = {
  sha256: 32,
  sha512: 64,
  sha1: 20,
  md5: 16,
  'hmac-sha256': 32,
} as const
export type HashAlgorithm = keyof typeof hashAlgorithms

/** One way in which keys that are not known yet were hashed. */
export interface KeyHashing {
  /** Such as `sha256`, or `hmac-sha256/` and an ID of its secret. */
  readonly name: string
  readonly algorithm: HashAlgorithm
  /** The encrypted secret of an HMAC; null without one. */
  readonly secretSealed: string | null
}

/** The display of a key that is not known yet. */
export const UNKNOWN_KEY = '****'
const HEX = /^[0-9a-f]+$/i
const BASE64 = /^[\w+/-]+={0,2}$/

/** Returns a hash in lower-case hexadecimal, from hexadecimal or base64; null if it has another length. */
export function parseKeyHash(text: string, algorithm: HashAlgorithm): string | null {
  const bytes = hashAlgorithms[algorithm]
  if (HEX.test(text) && text.length === 2 * bytes) return text.toLowerCase()
  const length = Math.ceil((bytes * 4) / 3)
  if (!BASE64.test(text) || text.replace(/=+$/, '').length !== length) return null
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/')
  return [...atob(base64)].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}

/**
 * Returns the text under which the license of a key with this hash is stored. It contains a line break,
 * which no key does, so the hash itself never works as a key.
 */
export function formatPendingKey({ name }: Pick<KeyHashing, 'name'>, hash: string): string {
  return `hash of the key\n${name}\n${hash}`
}

/** Returns the key of a license that waits for its key. It is displayed as `****`. */
export function sealPendingKey(vault: KeyVault, pendingKey: string): LicenseKey {
  return {
    keyHash: vault.hashKey(pendingKey),
    keySealed: vault.seal('license-key', UNKNOWN_KEY),
    keyMasked: UNKNOWN_KEY,
    keyLastFour: '',
  }
}

/** Whether a license still waits for its key. Imported keys are masked with their last characters. */
export function isPending({ keyMasked }: Pick<LicenseKey, 'keyMasked'>): boolean {
  return keyMasked === UNKNOWN_KEY
}

/** Gives a license its key, unless another request was first. Afterward it is like any other. */
export function decideKeyMatch(
  { license }: LicenseSnapshot,
  pendingHashes: readonly string[],
  key: LicenseKey,
  nowMs: number,
): Decision<null> {
  if (!pendingHashes.includes(license.keyHash)) return unchanged(null)
  const decision = updateByVendor(license, {}, 'license.updated', nowMs)
  const rekey = { licenseId: license.id, key, formerValidUntilMs: null }
  return { ...decision, changes: [{ type: 'license.rekey', ...rekey }, ...decision.changes] }
}
