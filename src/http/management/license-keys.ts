import type { Deps } from '~/deps.ts'
import { invalidField } from '~/domain/faults.ts'
import { generateKey, getLastFour, maskKey, parseKey } from '~/domain/keys.ts'
import type { LicenseKey } from '~/domain/licenses.ts'
import type { Vault } from '~/platform/vault.ts'

const KEY_RANDOM_BYTES = 9

/** A new key of a product, as it is kept. */
export function mintKey(
  { vault, randomBytes }: Pick<Deps, 'vault' | 'randomBytes'>,
  prefix: string,
): LicenseKey {
  const key = generateKey(prefix, randomBytes(KEY_RANDOM_BYTES))
  return keep(vault, key, key)
}

/** A key that was issued elsewhere. Throws a Fault at /key for a text that cannot be one. */
export function importKey({ vault }: Pick<Deps, 'vault'>, text: string): LicenseKey {
  const parsed = parseKey(text)
  if (parsed.kind === 'unusable') {
    throw invalidField('/key', 'A key has 16–255 printable characters. Give one of that size.')
  }
  return keep(vault, parsed.canonical, parsed.display)
}

export function revealKey(vault: Vault, { keySealed }: LicenseKey): string {
  return vault.open('license-key', keySealed)
}

function keep(vault: Vault, canonical: string, display: string): LicenseKey {
  return {
    keyHash: vault.hashKey(canonical),
    keySealed: vault.seal('license-key', display),
    keyMasked: maskKey(display),
    keyLastFour: getLastFour(display),
  }
}
