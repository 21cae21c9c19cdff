/** The time of the primary, by which an edge judges when licenses expire. */
export type PrimaryClock = ReturnType<typeof createPrimaryClock>

/**
 * Creates a clock that runs on from the last time that the primary has stated, and never goes back. It
 * shows 0 before the first. The clock of this machine may be wrong, so it plays no part.
 */
export function createPrimaryClock(readElapsedMs: () => number = () => performance.now()) {
  let aheadMs: number | null = null
  let lastMs = 0

  return {
    /** Sets the time in ms that the primary has just stated. */
    set(nowMs: number): void {
      aheadMs = nowMs - readElapsedMs()
    },
    nowMs(): number {
      if (aheadMs !== null) lastMs = Math.max(lastMs, Math.floor(aheadMs + readElapsedMs()))
      return lastMs
    },
  }
}
