import type { Clock } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { SECOND_MS } from '~/domain/times.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'

/** Bounds the memory: beyond it, the subject that was counted longest ago is forgotten. */
const SUBJECTS_MAX = 50_000

export type Quota = ReturnType<typeof createQuota>

/** Creates a function that counts a use, and throws a Fault after too many of one subject. */
export function createQuota(
  max: number,
  windowMs: number,
  detail: string,
  clock: Pick<Clock, 'elapsedMs'>,
) {
  const buckets = createBoundedMap<string, { uses: number; readonly startedAtMs: number }>(
    SUBJECTS_MAX,
  )

  return (subject: string): void => {
    const nowMs = clock.elapsedMs()
    const known = buckets.get(subject)
    const bucket =
      known !== undefined && nowMs - known.startedAtMs < windowMs
        ? known
        : { uses: 0, startedAtMs: nowMs }
    buckets.set(subject, bucket)
    if (bucket.uses >= max) {
      const leftMs = bucket.startedAtMs + windowMs - nowMs
      const retryAfterSeconds = Math.max(1, Math.ceil(leftMs / SECOND_MS))
      throw new Fault('rate_limited', detail, { retryAfterSeconds })
    }
    bucket.uses += 1
  }
}
