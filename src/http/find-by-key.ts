import type { Deps } from '~/deps.ts'
import { isMistyped } from '~/domain/key-typos.ts'
import { isCanonicalKey, listOtherReadings, type ParsedKey, parseKey } from '~/domain/keys.ts'
import type { TermsSnapshot } from '~/domain/licenses.ts'
import { keyMalformed, licenseNotFound, type UnknownKey } from '~/domain/verdicts.ts'
import type { Eventual } from '~/turns.ts'

/** Returns a function that finds the license of a key, however it was pasted, or refuses the key. */
export function createFindByKey({ store, vault }: Pick<Deps, 'store' | 'vault'>) {
  const find = (key: ParsedKey, nowMs: number): Eventual<TermsSnapshot | null> =>
    key.kind === 'unusable'
      ? null
      : store.validations.findLicense(vault.hashKey(key.canonical), nowMs)

  async function findElsewhere(
    first: Eventual<TermsSnapshot | null>,
    text: string,
    nowMs: number,
  ): Promise<TermsSnapshot | UnknownKey> {
    const snapshot = await first
    if (snapshot !== null) return snapshot
    const parsed = parseKey(text)
    const others = listOtherReadings(text)
    for (const other of others) {
      const found = await find(other, nowMs)
      if (found !== null) return found
    }
    const former = await findUnderOtherHash([parsed, ...others], nowMs)
    if (former !== null) return former
    return isMistyped([parsed, ...others]) ? keyMalformed : licenseNotFound
  }

  /** Keys are stored under other hashes while the master secret changes, and some of them longer. */
  async function findUnderOtherHash(keys: readonly ParsedKey[], nowMs: number) {
    for (const key of keys) {
      const hashes = key.kind === 'unusable' ? [] : vault.listOtherHashes(key.canonical)
      for (const hash of hashes) {
        const found = await store.validations.findLicense(hash, nowMs)
        if (found !== null) return found
      }
    }
    return null
  }

  return (
    text: string,
    nowMs: number,
    keyHash = hashUsualKey(vault, text),
  ): Eventual<TermsSnapshot | UnknownKey> => {
    // A key in its usual form is looked up before anything else is done with it.
    const found =
      keyHash === null ? find(parseKey(text), nowMs) : store.validations.findLicense(keyHash, nowMs)
    const isThere = found !== null && !(found instanceof Promise)
    return isThere ? found : findElsewhere(found, text, nowMs)
  }
}

/** Returns the hash of a key in its usual form; null for any other text. */
export function hashUsualKey(
  { hashKey }: Pick<Deps['vault'], 'hashKey'>,
  text: string,
): string | null {
  return isCanonicalKey(text) ? hashKey(text) : null
}
