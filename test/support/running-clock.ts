const TICK_MS = 10
/** A longer gap between ticks counts as this much: the machine stood still. */
const GAP_MAX_MS = 100

/** A clock of a test that stands still while the machine does, because its servers cannot work meanwhile either. */
export interface RunningClock extends Disposable {
  /** Returns the ms since the start during which the machine was running. */
  nowMs(): number
  /** Resolves at this time. */
  waitUntil(timeMs: number): Promise<void>
}

export function startRunningClock(): RunningClock {
  let passedMs = 0
  let lastMs = performance.now()
  const nowMs = () => passedMs + Math.min(performance.now() - lastMs, GAP_MAX_MS)
  const timer = setInterval(() => {
    passedMs = nowMs()
    lastMs = performance.now()
  }, TICK_MS)
  return {
    nowMs,
    waitUntil: async (timeMs) => {
      while (nowMs() < timeMs) await Bun.sleep(TICK_MS)
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
