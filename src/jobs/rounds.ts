import type { Deps } from '~/deps.ts'
import { SECOND_MS } from '~/domain/times.ts'

export interface Rounds {
  /** Begins a round; while one runs, another is remembered and follows it. */
  start(): void
  /** Asks a round to end early and resolves when none runs. None begins any more. */
  stop(): Promise<void>
}

/** One job's rounds: never two at once, each measured and logged, none able to end the process. */
export function createRounds(
  { clock, log, metrics }: Pick<Deps, 'clock' | 'log' | 'metrics'>,
  job: string,
  run: (signal: AbortSignal) => Promise<number>,
): Rounds {
  const stopping = new AbortController()
  let running: Promise<void> | null = null
  let isWanted = false

  function start(): void {
    if (stopping.signal.aborted) return
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
    const beganAtMs = performance.now()
    try {
      const processed = await run(stopping.signal)
      metrics.jobProcessed.inc({ job }, processed)
      const durationMs = Math.round(performance.now() - beganAtMs)
      // A round that found nothing is told of to those who want to know everything.
      log[processed > 0 ? 'info' : 'debug']({ job, processed, ms: durationMs }, 'job round')
    } catch (error) {
      metrics.jobFailures.inc({ job })
      log.error({ err: error, job }, 'job round failed')
    }
    metrics.jobRuns.inc({ job })
    metrics.jobLastRun.set({ job }, clock.nowMs() / SECOND_MS)
    metrics.jobDuration.set({ job }, (performance.now() - beganAtMs) / SECOND_MS)
  }

  async function stop(): Promise<void> {
    stopping.abort()
    while (running !== null) await running
  }

  return { start, stop }
}
