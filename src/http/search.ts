import type { Deps } from '~/deps.ts'
import { findTypo, listNearKeys } from '~/domain/key-typos.ts'
import { listKeyReadings } from '~/domain/keys.ts'
import { decideReading, parseSearch, type SearchResult } from '~/domain/searches.ts'

/** The maximum of matches in a response. */
export const MATCHES_MAX = 50

/** Returns a function that finds licenses by whatever a customer says about one of them. */
export function createSearch({ store, vault }: Pick<Deps, 'store' | 'vault'>) {
  return async (text: string, nowMs: number): Promise<SearchResult> => {
    const keys = listKeyReadings(text).flatMap((key) =>
      key.kind === 'unusable' ? [] : [key.canonical],
    )
    const found = await store.licenses.search(
      {
        ...parseSearch(text),
        keyHashes: keys.flatMap(vault.listHashes),
        listNearKeyHashes: () => listNearKeys(text).flatMap(vault.listHashes),
        nowMs,
      },
      MATCHES_MAX,
    )
    const matches = found.matches.map((match) => {
      if (match.why !== 'similar_key') return match
      const key = vault.open('license-key', match.record.license.keySealed)
      return { ...match, typoAt: findTypo(text, key) }
    })
    const reading = decideReading(text, matches[0]?.why ?? null)
    return { matches, hasMore: found.hasMore, reading }
  }
}
