/** The primary may hold a response back for some seconds. More is from a clock that was set back. */
const AHEAD_MAX_MS = 5000

/** The time of the primary, by which an edge judges when licenses expire. */
export type PrimaryClock = ReturnType<typeof createPrimaryClock>

/**
 * Creates a clock that runs on from the last time that the primary has stated; 0 before the first. It is
 * some seconds ahead rather than behind, because the primary decides on what has expired.
 */
export function createPrimaryClock(readElapsedMs: () => number = () => performance.now()) {
  let aheadMs = -Infinity

  return {
    /** Sets the time in ms that is in a response, by when its request was sent. */
    set(nowMs: number, sentAtMs: number): void {
      const statedMs = nowMs - sentAtMs
      aheadMs = aheadMs > statedMs + AHEAD_MAX_MS ? statedMs : Math.max(aheadMs, statedMs)
    },
    nowMs: (): number => Math.max(0, Math.floor(aheadMs + readElapsedMs())),
  }
}
