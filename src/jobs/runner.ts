import type { Deps } from '~/deps.ts'
import { SECOND_MS } from '~/domain/times.ts'

export type JobRunner = ReturnType<typeof createJobRunner>

/** Creates a runner whose rounds never overlap and never end the process; each one is measured. */
export function createJobRunner(
  deps: Pick<Deps, 'clock' | 'log' | 'metrics'>,
  job: string,
  run: (signal: AbortSignal) => Promise<number>,
) {
  const stopping = new AbortController()
  let running: Promise<void> | null = null
  let isRequested = false

  /** Starts a round. During a round, remembers to start one more after it. */
  function start(): void {
    if (stopping.signal.aborted) return
    if (running !== null) {
      isRequested = true
      return
    }
    running = measureRound(deps, job, () => run(stopping.signal)).finally(() => {
      running = null
      if (!isRequested) return
      isRequested = false
      start()
    })
  }

  /** Asks the current round to end early, waits for it, and starts no more. */
  async function stop(): Promise<void> {
    stopping.abort()
    while (running !== null) await running
  }

  return { start, stop }
}

/** Runs one round; logs and counts its result or failure. */
async function measureRound(
  { clock, log, metrics }: Pick<Deps, 'clock' | 'log' | 'metrics'>,
  job: string,
  runRound: () => Promise<number>,
): Promise<void> {
  const startedAtMs = performance.now()
  try {
    const processed = await runRound()
    metrics.jobProcessed.inc({ job }, processed)
    const durationMs = Math.round(performance.now() - startedAtMs)
    log[processed > 0 ? 'info' : 'debug']({ job, processed, ms: durationMs }, 'job finished')
  } catch (error) {
    metrics.jobFailures.inc({ job })
    log.error({ err: error, job }, 'job failed')
  }
  metrics.jobRuns.inc({ job })
  metrics.jobLastRun.set({ job }, clock.nowMs() / SECOND_MS)
  metrics.jobDuration.set({ job }, (performance.now() - startedAtMs) / SECOND_MS)
}
