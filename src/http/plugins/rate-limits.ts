import ipaddr from 'ipaddr.js'
import { Fault } from '~/domain/faults.ts'
import { SECOND_MS } from '~/domain/times.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'

const FAILURES_MAX = 30
const WINDOW_MS = 60_000
/** Bounds the memory: beyond it, the address that failed longest ago is dropped. */
const ADDRESSES_MAX = 50_000
const IPV6_PREFIX_BYTES = 8

export interface RateLimit {
  /** Counts a failed attempt. Throws `rate_limited` after too many of them within a minute. */
  recordFailure(address: string): void
  /** Throws `rate_limited` if one more failure would. */
  requireRoom(address: string): void
}

interface Bucket {
  failures: number
  readonly startedAtMs: number
}

/**
 * Counts and rejects only failures, so it never slows down a valid key. They are counted by address, or by
 * another `source`. `readElapsedMs` reads a clock that never jumps: see `Clock`.
 */
export function createRateLimit(
  readElapsedMs: () => number,
  { failuresMax = FAILURES_MAX, source = 'address' } = {},
): RateLimit {
  const buckets = createBoundedMap<string, Bucket>(ADDRESSES_MAX)

  function findBucket(network: string, nowMs: number): Bucket {
    const known = buckets.get(network)
    return known !== undefined && nowMs - known.startedAtMs < WINDOW_MS
      ? known
      : { failures: 0, startedAtMs: nowMs }
  }

  return {
    recordFailure(address) {
      const nowMs = readElapsedMs()
      const network = networkOf(address)
      const bucket = findBucket(network, nowMs)
      bucket.failures += 1
      buckets.set(network, bucket)
      if (bucket.failures > failuresMax) throw tooManyFailures(bucket, nowMs, source)
    },
    requireRoom(address) {
      const nowMs = readElapsedMs()
      const bucket = findBucket(networkOf(address), nowMs)
      if (bucket.failures >= failuresMax) throw tooManyFailures(bucket, nowMs, source)
    },
  }
}

function tooManyFailures({ startedAtMs }: Bucket, nowMs: number, source: string): Fault {
  const leftMs = startedAtMs + WINDOW_MS - nowMs
  return new Fault(
    'rate_limited',
    `Too many failed attempts from this ${source}. Wait, then retry.`,
    { retryAfterSeconds: Math.max(1, Math.ceil(leftMs / SECOND_MS)) },
  )
}

/** Groups IPv6 addresses by /64, because a single household or machine has a whole /64. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return parsed.toByteArray().slice(0, IPV6_PREFIX_BYTES).join('.')
}
