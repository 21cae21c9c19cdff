/** The clocks of two machines run apart by less than this. */
export const DRIFT = 0.02

/** A point in time by both clocks of this machine. */
export interface Moment {
  /** By the clock that never jumps, but stops while the machine is suspended. */
  readonly elapsedMs: number
  /** By the clock that may jump. It can only end a lease early. */
  readonly wallMs: number
}

export const readMoment = (): Moment => ({ elapsedMs: performance.now(), wallMs: Date.now() })

export type Lease = ReturnType<typeof createLease>

/**
 * Creates the lease for which the facts of an edge are known to be current. It counts from the moment at
 * which a poll was sent, so it never ends after the primary believes that it has.
 */
export function createLease(readNow: () => Moment = readMoment) {
  let endsAt: Moment | null = null

  /** Returns the ms since the end, negative before it; null without any lease. */
  function getAgeMs(): number | null {
    if (endsAt === null) return null
    const { elapsedMs, wallMs } = readNow()
    return Math.max(elapsedMs - endsAt.elapsedMs, wallMs - endsAt.wallMs)
  }

  return {
    extend(sentAt: Moment, goodForMs: number): void {
      const lengthMs = goodForMs * (1 - DRIFT)
      endsAt = { elapsedMs: sentAt.elapsedMs + lengthMs, wallMs: sentAt.wallMs + lengthMs }
    },
    isRunning(): boolean {
      const ageMs = getAgeMs()
      return ageMs !== null && ageMs < 0
    },
    getAgeMs,
    /** Ends it for good, because the facts are no longer known to have been current. */
    drop(): void {
      endsAt = null
    },
  }
}
