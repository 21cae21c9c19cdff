import { LRUCache } from 'lru-cache'
import { createRateLimit, networkOf } from '~/http/plugins/rate-limits.ts'

const REMEMBERED_MAX = 10_000
/** Short, because a license may get this key at any time. */
const REMEMBERED_MS = 2000
const ADDRESSES_MAX = 50_000
/** An address that guesses may still present a key that the edge does not know yet. */
const FORWARD_INTERVAL_MS = 100

export type Guesses = ReturnType<typeof createGuesses>

/**
 * Creates the limits for unknown license keys, so that a flood of them does not reach the primary. They are
 * those of the primary, and count by a clock that never jumps.
 */
export function createGuesses(readElapsedMs: () => number = () => performance.now()) {
  const rateLimit = createRateLimit()
  /** The bodies of 404 responses, by the hash of the key. */
  const remembered = new LRUCache<string, string>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS })
  /** When a request was last forwarded for an address that has guessed too often. */
  const forwarded = new LRUCache<string, number>({ max: ADDRESSES_MAX })

  return {
    /** Returns the response body for a key that was unknown a moment ago. */
    recall: (textHash: string): string | undefined => remembered.get(textHash),
    remember: (textHash: string, body: string) => remembered.set(textHash, body),
    /** Forgets which keys are unknown, because any license may have changed. */
    forget: () => remembered.clear(),
    /** Counts an unknown key. Throws `rate_limited` after too many within a minute. */
    record: (address: string) => rateLimit.recordFailure(address, readElapsedMs()),
    /** Throws `rate_limited` for an address with too many unknown keys, except a few times a second. */
    requireRoom(address: string): void {
      const elapsedMs = readElapsedMs()
      try {
        rateLimit.requireRoom(address, elapsedMs)
      } catch (fault) {
        const network = networkOf(address)
        if (elapsedMs < (forwarded.get(network) ?? -FORWARD_INTERVAL_MS) + FORWARD_INTERVAL_MS) {
          throw fault
        }
        forwarded.set(network, elapsedMs)
      }
    },
  }
}
