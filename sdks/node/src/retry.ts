import { LicetProblem, NoAnswer, type NoAnswerReason } from './errors.ts'

const FIRST_WAIT_MS_MAX = 500
const WAIT_MS_MAX = 4000
/** A longer Retry-After is not waited for. */
const RETRY_AFTER_MS_MAX = 60_000
/** The failures that may pass. A captive portal or a wrong signature would be the same again. */
const passingReasons: readonly NoAnswerReason[] = ['timeout', 'network', 'status']
const passingStatuses: readonly number[] = [408, 425, 429]
/** A request that is repeated while its first attempt still runs gets this code with a 409. */
const STILL_RUNNING = 'idempotency_in_progress'

export interface RetryLimits {
  readonly attemptsMax: number
  /** The time for all attempts and waits together. */
  readonly totalMs: number
}

/** Whether a server that answers with a status may answer with another one soon. */
export function isPassingStatus(status: number): boolean {
  return status >= 500 || passingStatuses.includes(status)
}

function isPassing(failure: NoAnswer | LicetProblem): boolean {
  if (failure instanceof NoAnswer) return passingReasons.includes(failure.reason)
  return isPassingStatus(failure.status) || failure.code === STILL_RUNNING
}

/**
 * Returns how many milliseconds to wait before the next attempt, or null to give up. `attempt` counts
 * from 1, `random` is from 0 to 1. The wait is the server's Retry-After, else a random part of
 * 0.5 s · 2ⁿ⁻¹, at most 4 s.
 */
export function decideRetry(
  failure: NoAnswer | LicetProblem,
  attempt: number,
  elapsedMs: number,
  random: number,
  { attemptsMax, totalMs }: RetryLimits,
): number | null {
  if (attempt >= attemptsMax || !isPassing(failure)) return null
  const growingMs = Math.min(FIRST_WAIT_MS_MAX * 2 ** (attempt - 1), WAIT_MS_MAX)
  const waitMs = failure.retryAfterMs ?? random * growingMs
  return waitMs <= RETRY_AFTER_MS_MAX && elapsedMs + waitMs < totalMs ? waitMs : null
}

/** Returns the milliseconds of a `Retry-After` (RFC 9110, §10.2.3) in seconds or as a date, or null. */
export function parseRetryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const atMs = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs)
}

/** Calls `attempt` until it succeeds, fails for good, or the limits are reached. */
export async function retry<Result>(
  limits: RetryLimits,
  signal: AbortSignal | undefined,
  attempt: (remainingMs: number) => Promise<Result>,
): Promise<Result> {
  const startedMs = performance.now()
  for (let count = 1; ; count += 1) {
    try {
      return await attempt(limits.totalMs - (performance.now() - startedMs))
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof LicetProblem)) throw error
      const elapsedMs = performance.now() - startedMs
      const waitMs = decideRetry(error, count, elapsedMs, Math.random(), limits)
      if (waitMs === null) throw error
      await wait(waitMs, signal)
    }
  }
}

/** Resolves after some milliseconds, or rejects with the signal's reason. */
function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
