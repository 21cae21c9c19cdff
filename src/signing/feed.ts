import { LRUCache } from 'lru-cache'
import { DAY_MS, isRunning } from '~/domain/times.ts'
import { buildRevocationClaims } from '~/domain/tokens.ts'
import type { Store } from '~/store/port.ts'
import type { PublicKey, Signer } from './signer.ts'

/** A token with as many entries has 330 kB, and a verifier accepts up to 1 MiB. */
export const ENTRIES_MAX = 5000
const KEPT_CHARACTERS_MAX = 8 * 1024 ** 2
/** A token is valid for seven days, so a reader always gets one with most of them left. */
const KEPT_MS = DAY_MS

/** A part of the revocation feed, as it is published. */
export interface SignedFeed {
  /** The part covers the numbers after `from`, up to `to`. */
  readonly from: number
  readonly to: number
  readonly more: boolean
  readonly signed: string
}

interface KeptFeed extends SignedFeed {
  readonly signedAtMs: number
  readonly keys: readonly PublicKey[]
}

interface FeedParts {
  readonly store: Pick<Store, 'revocations' | 'subscribe'>
  readonly signer: Pick<Signer, 'sign' | 'listPublicKeys'>
}

/**
 * Returns a function that reads the part of the feed after a number, signed. Parts are kept in memory
 * until the feed or the keys change, or for a day. A number beyond the feed gets an empty part.
 */
export function createFeed({ store, signer }: FeedParts, entriesMax = ENTRIES_MAX) {
  const kept = new LRUCache<number, KeptFeed>({
    maxSize: KEPT_CHARACTERS_MAX,
    sizeCalculation: ({ signed }) => signed.length,
  })
  let generation = 0
  store.subscribe(({ touchesRevocations }) => {
    if (!touchesRevocations) return
    kept.clear()
    generation += 1
  })

  async function read(after: number, nowMs: number): Promise<KeptFeed> {
    // Read first: an entry that is committed meanwhile is in the list as well.
    const position = await store.revocations.findPosition()
    const from = Math.min(after, position)
    const found = await store.revocations.list(from, entriesMax + 1)
    const entries = found.slice(0, entriesMax)
    const more = found.length > entries.length
    const last = entries.at(-1)?.number ?? from
    const to = more ? last : Math.max(position, last)
    const keys = signer.listPublicKeys()
    const revokedKeys = keys.flatMap(({ kid, revokedSinceMs: sinceMs }) =>
      sinceMs === null ? [] : [{ kid, sinceMs }],
    )
    const claims = buildRevocationClaims({ from, to, more, entries, revokedKeys }, nowMs)
    const signed = signer.sign('licet-revocations+jwt', claims, nowMs)
    return { from, to, more, signed, signedAtMs: nowMs, keys }
  }

  return async (after: number, nowMs: number): Promise<SignedFeed> => {
    const former = kept.get(after)
    const isCurrent =
      former?.keys === signer.listPublicKeys() && isRunning(former.signedAtMs, KEPT_MS, nowMs)
    if (isCurrent) return former
    const before = generation
    const feed = await read(after, nowMs)
    if (before === generation) kept.set(after, feed)
    return feed
  }
}
