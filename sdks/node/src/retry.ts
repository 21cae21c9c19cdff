import { NoAnswer, type NoAnswerReason } from './errors.ts'

const FIRST_WAIT_MS_MAX = 500
const WAIT_MS_MAX = 4000
/** A longer Retry-After is not waited for. */
const RETRY_AFTER_MS_MAX = 60_000
/** The failures that may pass. A captive portal or a wrong signature would be the same again. */
const passing: readonly NoAnswerReason[] = ['timeout', 'network', 'status']

export interface RetryLimits {
  readonly attemptsMax: number
  /** The time for all attempts and waits together. */
  readonly totalMs: number
}

/**
 * Returns how many milliseconds to wait before the next attempt, or null to give up. `attempt` counts
 * from 1, `random` is from 0 to 1. The wait is the server's Retry-After, else a random part of
 * 0.5 s · 2ⁿ⁻¹, at most 4 s.
 */
export function decideRetry(
  { reason, retryAfterMs }: NoAnswer,
  attempt: number,
  elapsedMs: number,
  random: number,
  { attemptsMax, totalMs }: RetryLimits,
): number | null {
  if (attempt >= attemptsMax || !passing.includes(reason)) return null
  const growingMs = Math.min(FIRST_WAIT_MS_MAX * 2 ** (attempt - 1), WAIT_MS_MAX)
  const waitMs = retryAfterMs ?? random * growingMs
  return waitMs <= RETRY_AFTER_MS_MAX && elapsedMs + waitMs < totalMs ? waitMs : null
}

/** Calls `attempt` until it succeeds, throws anything else than `NoAnswer`, or the limits are reached. */
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
      if (!(error instanceof NoAnswer)) throw error
      const elapsedMs = performance.now() - startedMs
      const waitMs = decideRetry(error, count, elapsedMs, Math.random(), limits)
      if (waitMs === null) throw error
      await wait(waitMs, signal)
    }
  }
}

/** Resolves after some milliseconds, or rejects with the signal's reason. */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
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
