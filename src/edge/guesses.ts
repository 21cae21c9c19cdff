import { SECOND_MS } from '~/domain/times.ts'
import { createRateLimit, networkOf } from '~/http/plugins/rate-limits.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'

const REMEMBERED_MAX = 10_000
/** Short, because a license may get this key at any time. */
const REMEMBERED_MS = 2000
const ADDRESSES_MAX = 50_000
/** An address that guesses may still present a key that is valid, but that the edge does not know yet. */
const FORWARDED_PER_SECOND = 20

export type Guesses = ReturnType<typeof createGuesses>

/**
 * Creates the limits for unknown license keys, so that a flood of them does not reach the primary. They are
 * those of the primary, and count by a clock that never jumps.
 */
export function createGuesses(readElapsedMs: () => number = () => performance.now()) {
  const rateLimit = createRateLimit(readElapsedMs)
  /** The bodies of 404 responses, by the hash of the key. */
  const remembered = createBoundedMap<string, string>(REMEMBERED_MAX, REMEMBERED_MS)
  /** The requests of this second that were forwarded for an address which has guessed too often. */
  const forwarded = createBoundedMap<string, { readonly second: number; count: number }>(
    ADDRESSES_MAX,
  )

  function countForwarded(address: string, elapsedMs: number): number {
    const network = networkOf(address)
    const second = Math.floor(elapsedMs / SECOND_MS)
    const known = forwarded.get(network)
    const current = known?.second === second ? known : { second, count: 0 }
    current.count += 1
    forwarded.set(network, current)
    return current.count
  }

  return {
    /** Returns the response body for a key that was unknown a moment ago. */
    recall: (textHash: string): string | undefined => remembered.get(textHash),
    remember: (textHash: string, body: string) => remembered.set(textHash, body),
    /** Forgets which keys are unknown, because any license may have changed. */
    forget: () => remembered.clear(),
    /** Counts an unknown key. Throws `rate_limited` after too many within a minute. */
    record: (address: string) => rateLimit.recordFailure(address),
    /** Throws `rate_limited` for an address with too many unknown keys, except some times a second. */
    requireRoom(address: string): void {
      try {
        rateLimit.requireRoom(address)
      } catch (fault) {
        if (countForwarded(address, readElapsedMs()) > FORWARDED_PER_SECOND) throw fault
      }
    },
  }
}
