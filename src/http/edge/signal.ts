/** Wakes what waits for something to happen. */
export interface Signal {
  notify(): void
  /** Resolves at the next notification, or after `waitMs`. */
  wait(waitMs: number): Promise<void>
}

export function createSignal(): Signal {
  const sleepers = new Set<() => void>()
  return {
    notify() {
      for (const wake of [...sleepers]) wake()
    },
    wait: (waitMs) =>
      new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          sleepers.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, waitMs)
        sleepers.add(wake)
      }),
  }
}
