import type { Deps } from '~/deps.ts'
import { invalidField } from '~/domain/faults.ts'
import { generateKey, getLastFour, maskKey, parseKey } from '~/domain/keys.ts'
import type { LicenseKey } from '~/domain/licenses.ts'
import { describeInvisible, findInvisible } from '~/domain/text.ts'
import type { Vault } from '~/platform/vault.ts'

const KEY_RANDOM_BYTES = 9

/** Generates a license key with a product's prefix, in the form in which it is stored. */
export function mintKey(
  { vault, randomBytes }: Pick<Deps, 'vault' | 'randomBytes'>,
  prefix: string,
): LicenseKey {
  const key = generateKey(prefix, randomBytes(KEY_RANDOM_BYTES))
  return sealKey(vault, key, key)
}

/** Seals a key that was issued elsewhere. Throws a Fault at /key for a string that cannot be one. */
export function importKey({ vault }: Pick<Deps, 'vault'>, text: string): LicenseKey {
  const hidden = findInvisible(text.trim(), 'code')
  if (hidden !== null) throw invalidField('/key', describeInvisible(hidden))
  const parsed = parseKey(text)
  if (parsed.kind === 'unusable') {
    throw invalidField('/key', 'A license key has 16–255 printable characters.')
  }
  return sealKey(vault, parsed.canonical, parsed.display)
}

function sealKey(vault: Vault, canonical: string, display: string): LicenseKey {
  return {
    keyHash: vault.hashKey(canonical),
    keySealed: vault.seal('license-key', display),
    keyMasked: maskKey(display),
    keyLastFour: getLastFour(display),
  }
}
