/** Two readings of the time. They differ after a jump of the clock. */
export interface TimeSource {
  /** The time by the machine's clock, which may jump in both directions. */
  nowMs(): number
  /**
   * A time that has certainly been reached, for what cannot be undone, such as deleting what is old.
   * It is 0 until it is known, so nothing is old.
   */
  trustedMs(): number
}

/** No correct clock shows an earlier time. A machine without a battery may start in 1970. */
const CLOCK_MIN_MS = Date.UTC(2026, 0, 1)
/** Trusted time runs this much faster than the process until it has caught up with the clock. */
const CATCH_UP = 1.1

/**
 * Returns the trusted time after the process has run for `elapsedMs`: the time by the clock, but never
 * further ahead than a process can have seen. Null until any clock has shown a plausible time.
 */
export function advanceTrustedMs(
  trustedMs: number | null,
  nowMs: number,
  elapsedMs: number,
): number | null {
  if (nowMs < CLOCK_MIN_MS) return trustedMs
  return trustedMs === null ? nowMs : Math.min(nowMs, trustedMs + elapsedMs * CATCH_UP)
}

/** The times that a process records for the next one. */
export interface RecordedTime {
  readonly trustedMs: number | null
  readonly nowMs: number
}
