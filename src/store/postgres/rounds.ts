/** Runs rounds of work one after another. */
export function createRounds(work: () => Promise<void>) {
  let running: Promise<void> | null = null
  let waiting: Promise<void> | null = null

  function start(): Promise<void> {
    waiting = null
    running = work().finally(() => {
      running = null
    })
    return running
  }

  return {
    /** Resolves after a round that began after this call. All who wait share it. */
    next(): Promise<void> {
      if (running === null) return start()
      waiting ??= running.then(start, start)
      return waiting
    },
    end: () => (waiting ?? running ?? Promise.resolve()).catch(() => undefined),
  }
}
