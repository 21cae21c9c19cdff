import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import { Fault } from '~/domain/faults.ts'

const FAILURES_MAX = 30
const WINDOW_MS = 60_000
/** Above this many addresses at once the one unseen for longest is forgotten. */
const ADDRESSES_MAX = 50_000
const IPV6_PREFIX_BYTES = 8

export interface GuessLimit {
  /** Counts a failed look-up. Throws Fault `rate_limited` above 30 in the minute it began. */
  noteFailure(address: string, nowMs: number): void
}

interface Bucket {
  failures: number
  readonly endsAtMs: number
}

/** Only failures are counted and only failures refused, so a valid key is never slowed. */
export function createGuessLimit(): GuessLimit {
  const buckets = new LRUCache<string, Bucket>({ max: ADDRESSES_MAX })

  return {
    noteFailure(address, nowMs) {
      const network = networkOf(address)
      const known = buckets.get(network)
      const bucket =
        known === undefined || nowMs >= known.endsAtMs
          ? { failures: 0, endsAtMs: nowMs + WINDOW_MS }
          : known
      bucket.failures += 1
      buckets.set(network, bucket)
      if (bucket.failures <= FAILURES_MAX) return
      throw new Fault(
        'rate_limited',
        'Too many failed attempts from this address. Wait, then retry.',
        {
          retryAfterSeconds: Math.max(1, Math.ceil((bucket.endsAtMs - nowMs) / 1000)),
        },
      )
    },
  }
}

/** One household or machine has a whole IPv6 /64 to itself, so that is one guesser. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return parsed.toByteArray().slice(0, IPV6_PREFIX_BYTES).join('.')
}
