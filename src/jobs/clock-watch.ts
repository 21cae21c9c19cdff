import type { Deps } from '~/deps.ts'
import { DAY_MS, SECOND_MS } from '~/domain/times.ts'
import type { RecordedTime } from '~/domain/trusted-time.ts'

const CHECK_INTERVAL_MS = SECOND_MS
const CHECKS_PER_RECORD = 60
const BEHIND_MAX_MS = 5 * SECOND_MS
/** A server is often off for less than this. */
const AHEAD_MAX_MS = DAY_MS
const FAR_AHEAD =
  'the clock is far ahead of the last run, so old data is deleted later; if the clock is right, run: licet jobs run retain-history --trust-clock'

type WatchDeps = Pick<Deps, 'clock' | 'store' | 'log' | 'metrics'>

/**
 * Continues from the time that the last process recorded, and logs if the clock has moved back or far
 * ahead since. Until then, nothing counts as old.
 */
export async function resumeClock({ clock, store, log, metrics }: WatchDeps): Promise<void> {
  const recorded = await store.maintenance.findRecordedTime()
  clock.resume(recorded?.trustedMs ?? null)
  if (recorded === null) return
  const behindMs = recorded.nowMs - clock.nowMs()
  const aheadMs = clock.nowMs() - clock.trustedMs()
  if (behindMs > BEHIND_MAX_MS) {
    metrics.clockJumps.inc({ direction: 'back' })
    log.warn({ seconds: toSeconds(-behindMs) }, 'the clock is behind the time of the last run')
  } else if (aheadMs > AHEAD_MAX_MS) {
    metrics.clockJumps.inc({ direction: 'forward' })
    log.warn({ seconds: toSeconds(aheadMs) }, FAR_AHEAD)
  }
}

const toSeconds = (durationMs: number) => Math.round(durationMs / SECOND_MS)

/**
 * Compares the clock with one that never jumps, once a second, and records the time once a minute.
 * Calls `onJump` after each jump.
 */
export function startClockWatch(deps: WatchDeps, onJump: () => void) {
  const { clock, store, log, metrics } = deps
  let checks = 0

  /** Takes over a later time, which an operator has trusted on the command line. */
  function decideRecord(former: RecordedTime | null): RecordedTime {
    clock.resume(Math.max(former?.trustedMs ?? 0, clock.trustedMs()) || null)
    return { trustedMs: clock.trustedMs() || null, nowMs: clock.nowMs() }
  }

  async function record(): Promise<void> {
    try {
      await store.maintenance.recordTime(decideRecord)
    } catch (error) {
      log.warn({ err: error }, 'the time could not be recorded')
    }
  }

  function check(): void {
    const jumpMs = clock.check()
    checks += 1
    if (jumpMs !== 0) {
      metrics.clockJumps.inc({ direction: jumpMs > 0 ? 'forward' : 'back' })
      log.warn({ seconds: toSeconds(jumpMs) }, 'the clock jumped')
      onJump()
    }
    if (jumpMs !== 0 || checks % CHECKS_PER_RECORD === 0) void record()
  }

  void record()
  const timer = setInterval(check, CHECK_INTERVAL_MS)
  return {
    stop: async () => {
      clearInterval(timer)
      clock.check()
      await record()
    },
  }
}
