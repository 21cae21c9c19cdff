/** When and how long to wait before a request is repeated. Times are in milliseconds. */

const FIRST_DELAY_MS = 500
const DELAY_MAX_MS = 4_000
const RETRY_AFTER_MAX_MS = 60_000
const RETRIED_STATUSES: readonly number[] = [408, 425, 429]
/** A request that is repeated while its first attempt still runs gets this code with a 409. */
const STILL_RUNNING = 'idempotency_in_progress'

export function isRetriedStatus(status: number, code: string): boolean {
  return status >= 500 || RETRIED_STATUSES.includes(status) || code === STILL_RUNNING
}

/**
 * Returns the delay before the next attempt: what the server asks for, and a random part of a limit
 * that doubles (full jitter). `attempt` starts at 0, `random` is from 0 to 1. Returns null if the
 * server asks for more than a minute, which is too long to keep the caller waiting.
 */
export function decideDelayMs(
  attempt: number,
  retryAfterMs: number | null,
  random: number,
): number | null {
  if (retryAfterMs !== null && retryAfterMs > RETRY_AFTER_MAX_MS) return null
  const limitMs = Math.min(DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** attempt)
  return (retryAfterMs ?? 0) + random * limitMs
}

/** Returns the value of `Retry-After` (RFC 9110, 10.2.3), or null if there is none. */
export function parseRetryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  if (/^\d+$/.test(value)) return Number(value) * 1_000
  const atMs = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs)
}
