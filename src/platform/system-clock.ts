import type { Clock } from '~/deps.ts'
import { advanceTrustedMs } from '~/domain/trusted-time.ts'

/** Smaller corrections are part of normal time synchronization. */
const JUMP_MIN_MS = 5000

interface Sources {
  /** The time in ms by a clock that may jump. */
  readonly readNowMs: () => number
  /** The time in ms by a clock that never jumps, from any start. */
  readonly readElapsedMs: () => number
}

const systemSources: Sources = {
  readNowMs: () => Date.now(),
  readElapsedMs: () => performance.now(),
}

/** Creates the clock of this process. */
export function createSystemClock({ readNowMs, readElapsedMs } = systemSources): Clock {
  const readBoth = () => ({ nowMs: readNowMs(), elapsedMs: readElapsedMs() })
  let last = readBoth()
  let isResumed = false
  let trustedMs: number | null = null

  return {
    nowMs: readNowMs,
    elapsedMs: readElapsedMs,
    trustedMs: () => Math.floor(trustedMs ?? 0),
    resume(recordedMs) {
      isResumed = true
      trustedMs = advanceTrustedMs(recordedMs, readNowMs(), 0)
    },
    check() {
      const current = readBoth()
      const elapsedMs = current.elapsedMs - last.elapsedMs
      const jumpMs = current.nowMs - last.nowMs - elapsedMs
      last = current
      if (isResumed) trustedMs = advanceTrustedMs(trustedMs, current.nowMs, elapsedMs)
      return Math.abs(jumpMs) < JUMP_MIN_MS ? 0 : jumpMs
    },
  }
}
