import { invalidField } from './faults.ts'
import { generateKey, getLastFour, maskKey, parseKey, type UsableKey } from './keys.ts'
import type { LicenseKey } from './licenses.ts'
import { describeInvisible, findInvisible } from './text.ts'

const KEY_RANDOM_BYTES = 9

/** Hashes and encrypts license keys. */
export interface KeyVault {
  readonly hashKey: (text: string) => string
  readonly seal: (purpose: 'license-key', text: string) => string
}

interface KeySource {
  readonly vault: KeyVault
  readonly randomBytes: (count: number) => Uint8Array
}

/** Generates a license key with a product's prefix, in the form in which it is stored. */
export function mintKey({ vault, randomBytes }: KeySource, prefix: string): LicenseKey {
  const key = generateKey(prefix, randomBytes(KEY_RANDOM_BYTES))
  return sealKey(vault, { canonical: key, display: key })
}

/** Seals a key that was issued elsewhere. Throws a Fault at /key for a string that cannot be one. */
export function importKey({ vault }: Pick<KeySource, 'vault'>, text: string): LicenseKey {
  return sealKey(vault, requireKey(text))
}

/** Parses a key that was issued elsewhere. Throws a Fault at /key for a string that cannot be one. */
export function requireKey(text: string): UsableKey {
  const hidden = findInvisible(text.trim(), 'code')
  if (hidden !== null) throw invalidField('/key', describeInvisible(hidden))
  const parsed = parseKey(text)
  if (parsed.kind === 'unusable') {
    throw invalidField('/key', 'A license key has 16–255 printable characters.')
  }
  return parsed
}

/** Returns the form of a key in which it is stored. */
export function sealKey(
  vault: KeyVault,
  { canonical, display }: Pick<UsableKey, 'canonical' | 'display'>,
): LicenseKey {
  return {
    keyHash: vault.hashKey(canonical),
    keySealed: vault.seal('license-key', display),
    keyMasked: maskKey(display),
    keyLastFour: getLastFour(display),
  }
}
