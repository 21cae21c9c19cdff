import type { Deps } from '~/deps.ts'

export interface Rounds {
  /** Begins a round; while one runs, another is remembered and follows it. */
  start(): void
  /** Resolves when no round runs. None begins any more. */
  stop(): Promise<void>
}

/** One job's rounds: never two at once, each measured and logged, none able to end the process. */
export function createRounds(
  { log, metrics }: Pick<Deps, 'log' | 'metrics'>,
  job: string,
  run: () => Promise<number>,
): Rounds {
  let running: Promise<void> | null = null
  let isWanted = false
  let isStopped = false

  function start(): void {
    if (isStopped) return
    if (running !== null) {
      isWanted = true
      return
    }
    running = runRound().finally(() => {
      running = null
      if (!isWanted) return
      isWanted = false
      start()
    })
  }

  async function runRound(): Promise<void> {
    const startedAtMs = performance.now()
    try {
      const processed = await run()
      metrics.jobProcessed.inc({ job }, processed)
      const durationMs = Math.round(performance.now() - startedAtMs)
      // A round that found nothing is told of to those who want to know everything.
      log[processed > 0 ? 'info' : 'debug']({ job, processed, ms: durationMs }, 'job round')
    } catch (error) {
      metrics.jobFailures.inc({ job })
      log.error({ err: error, job }, 'job round failed')
    }
    metrics.jobRuns.inc({ job })
    metrics.jobLastRun.set({ job }, Date.now() / 1000)
    metrics.jobDuration.set({ job }, (performance.now() - startedAtMs) / 1000)
  }

  async function stop(): Promise<void> {
    isStopped = true
    while (running !== null) await running
  }

  return { start, stop }
}
