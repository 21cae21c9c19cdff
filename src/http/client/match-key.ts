import { createHash, createHmac } from 'node:crypto'
import type { Deps } from '~/deps.ts'
import { decideKeyMatch, formatPendingKey, type KeyHashing } from '~/domain/key-hashes.ts'
import { listKeyReadings, type UsableKey } from '~/domain/keys.ts'
import { sealKey } from '~/domain/license-keys.ts'
import type { TermsSnapshot } from '~/domain/licenses.ts'
import { createClientContext } from './decide-then-commit.ts'
import type { ClientCall } from './find-license.ts'

/** Readings of one text that are hashed. */
const READINGS_MAX = 8

/**
 * Returns a function that looks for a license of which only the hash of its key was imported. The first
 * request with the key gives it to the license; then it is found like any other.
 */
export function createMatchKey({ store, vault }: Pick<Deps, 'store' | 'vault'>) {
  function hash({ algorithm, secretSealed }: KeyHashing, text: string): string {
    if (algorithm !== 'hmac-sha256') return createHash(algorithm).update(text).digest('hex')
    const secret = vault.open('import-secret', secretSealed ?? '')
    return createHmac('sha256', secret).update(text).digest('hex')
  }

  /** Returns the hashes under which the license may be stored, each with the key that it is of. */
  function listPending(text: string, hashings: readonly KeyHashing[]) {
    const pending = new Map<string, UsableKey>()
    for (const [spelling, key] of listSpellings(text)) {
      for (const hashing of hashings) {
        const text = formatPendingKey(hashing, hash(hashing, spelling))
        for (const keyHash of vault.listHashes(text)) pending.set(keyHash, key)
      }
    }
    return pending
  }

  return async (text: string, call: ClientCall): Promise<TermsSnapshot | null> => {
    const hashings = await store.imports.listHashings()
    if (hashings.length === 0) return null
    const pending = listPending(text, hashings)
    const hashes = [...pending.keys()]
    const found = await store.imports.findPending(hashes)
    const key = found && pending.get(found.keyHash)
    if (!key) return null
    const sealed = sealKey(vault, key)
    const context = createClientContext(call)
    await store.licenses.change(found.id, { intent: 'none' }, context, (snapshot) =>
      decideKeyMatch(snapshot, hashes, sealed, call.nowMs),
    )
    return store.validations.findLicense(sealed.keyHash, call.nowMs)
  }
}

/** Returns the texts that the other product may have hashed, each with the key that it is. */
function listSpellings(text: string): ReadonlyMap<string, UsableKey> {
  const spellings = new Map<string, UsableKey>()
  for (const key of listKeyReadings(text).slice(0, READINGS_MAX)) {
    if (key.kind === 'unusable') continue
    for (const spelling of [text.trim(), key.display, key.canonical]) {
      if (!spellings.has(spelling)) spellings.set(spelling, key)
    }
  }
  return spellings
}
