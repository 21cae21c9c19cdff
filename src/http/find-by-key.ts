import type { Deps } from '~/deps.ts'
import { isMistyped } from '~/domain/key-typos.ts'
import { listOtherReadings, type ParsedKey, parseKey } from '~/domain/keys.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { keyMalformed, licenseNotFound, type UnknownKey } from '~/domain/verdicts.ts'

/** Returns a function that finds the license of a key, however it was pasted, or refuses the key. */
export function createFindByKey({ store, vault }: Pick<Deps, 'store' | 'vault'>) {
  const find = async (key: ParsedKey, nowMs: number) =>
    key.kind === 'unusable'
      ? null
      : store.validations.findLicense(vault.hashKey(key.canonical), nowMs)

  return async (text: string, nowMs: number): Promise<LicenseSnapshot | UnknownKey> => {
    const parsed = parseKey(text)
    const snapshot = await find(parsed, nowMs)
    if (snapshot !== null) return snapshot
    const others = listOtherReadings(text)
    for (const other of others) {
      const found = await find(other, nowMs)
      if (found !== null) return found
    }
    return isMistyped([parsed, ...others]) ? keyMalformed : licenseNotFound
  }
}
