import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import type { JobRun } from '~/domain/jobs.ts'
import { SECOND_MS } from '~/domain/times.ts'
import type { JobLease } from './lease.ts'

export type JobRunner = ReturnType<typeof createJobRunner>

/**
 * Creates a runner whose rounds never overlap and never end the process; each one is measured. With a
 * lease, it runs rounds only while no other server does.
 */
export function createJobRunner(
  deps: Pick<Deps, 'clock' | 'log' | 'metrics'>,
  job: string,
  run: (signal: AbortSignal) => Promise<number>,
  lease: JobLease | null = null,
) {
  const stopping = new AbortController()
  let running: Promise<JobRun | null> | null = null
  let lastRun: JobRun | null = null
  let isRequested = false

  /** Starts a round. During a round, remembers to start one more after it. */
  function start(): void {
    if (stopping.signal.aborted) return
    if (running !== null) {
      isRequested = true
      return
    }
    void begin('take')
  }

  /** Runs a round now. Throws a Fault during another round, or if no more may start. */
  async function runNow(): Promise<JobRun> {
    if (stopping.signal.aborted) {
      throw new Fault('unavailable', 'The server is stopping. Try again when it has started.')
    }
    if (running !== null) {
      throw new Fault('in_use', `The job ${job} is already running. Wait for it to end.`)
    }
    const done = await begin('takeOver')
    assert(done !== null, 'a job that was taken over runs')
    return done
  }

  function begin(acquire: 'take' | 'takeOver'): Promise<JobRun | null> {
    const runRound = () =>
      lease === null ? run(stopping.signal) : runUnderLease(lease, acquire, stopping.signal, run)
    const round = measureRound(deps, job, runRound).then((done) => {
      lastRun = done ?? lastRun
      running = null
      if (isRequested) {
        isRequested = false
        start()
      }
      return done
    })
    running = round
    return round
  }

  /** Asks the current round to end early, waits for it, and starts no more. */
  async function stop(): Promise<void> {
    stopping.abort()
    while (running !== null) await running
  }

  return { start, runNow, stop, isRunning: () => running !== null, lastRun: () => lastRun }
}

/** Runs a round, which ends early if the lease is lost. Returns null if another server has it. */
async function runUnderLease(
  lease: JobLease,
  acquire: 'take' | 'takeOver',
  stopping: AbortSignal,
  run: (signal: AbortSignal) => Promise<number>,
): Promise<number | null> {
  if (!(await lease[acquire]())) return null
  const lost = new AbortController()
  const stopKeeping = lease.keep(() => lost.abort())
  try {
    return await run(AbortSignal.any([stopping, lost.signal]))
  } finally {
    stopKeeping()
  }
}

/** Runs one round; logs and counts its result or failure. Returns null if there was none. */
async function measureRound(
  { clock, log, metrics }: Pick<Deps, 'clock' | 'log' | 'metrics'>,
  job: string,
  runRound: () => Promise<number | null>,
): Promise<JobRun | null> {
  const startedAtMs = clock.nowMs()
  const startMs = performance.now()
  let processed = 0
  let failure: string | null = null
  try {
    const count = await runRound()
    if (count === null) return null
    processed = count
    metrics.jobProcessed.inc({ job }, processed)
    const durationMs = Math.round(performance.now() - startMs)
    log[processed > 0 ? 'info' : 'debug']({ job, processed, ms: durationMs }, 'job finished')
  } catch (error) {
    failure = describeFailure(error)
    metrics.jobFailures.inc({ job })
    log.error({ err: error, job }, 'job failed')
  }
  metrics.jobRuns.inc({ job })
  metrics.jobLastRun.set({ job }, clock.nowMs() / SECOND_MS)
  const durationMs = performance.now() - startMs
  metrics.jobDuration.set({ job }, durationMs / SECOND_MS)
  return { startedAtMs, durationMs: Math.round(durationMs), processed, error: failure }
}

/** Messages of the database and the operating system have a code. Others may contain anything. */
function describeFailure(error: unknown): string {
  if (error instanceof Fault) return error.message
  const isKnown = error instanceof Error && 'code' in error && typeof error.code === 'string'
  return isKnown ? `${error.message}.` : 'An internal error occurred.'
}
