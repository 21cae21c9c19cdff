/** Attempts that run at the same time, such as to send a mail. */
export interface Attempts {
  readonly count: () => number
  readonly isStopping: () => boolean
  /** Starts an attempt, which must not throw. The signal is aborted when it has to end. */
  readonly start: (run: (signal: AbortSignal) => Promise<void>) => void
  /** Resolves to true when a running attempt ends, or to false at once if none is running. */
  readonly waitForOne: () => Promise<boolean>
  /** Waits up to `graceMs` for running attempts, then aborts them. */
  readonly stop: (graceMs: number) => Promise<void>
}

/** Keeps track of attempts. `onRoom` is called after each of them, when the next one may start. */
export function createAttempts(onRoom: () => void): Attempts {
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()
  return {
    count: () => running.size,
    isStopping: () => stopping.signal.aborted,
    start: (run) => {
      const attempt = run(stopping.signal).finally(() => {
        running.delete(attempt)
        onRoom()
      })
      running.add(attempt)
    },
    waitForOne: async () => {
      if (running.size === 0) return false
      await Promise.race(running)
      return true
    },
    stop: async (graceMs) => {
      const grace = setTimeout(() => stopping.abort(), graceMs)
      await Promise.all(running)
      clearTimeout(grace)
    },
  }
}
