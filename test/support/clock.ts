import type { Clock } from '~/deps.ts'

/** A clock that only moves when a test advances it. */
export class FixedClock implements Clock {
  #nowMs: number

  constructor(start = '2026-03-06T00:00:00Z') {
    this.#nowMs = Date.parse(start)
  }

  nowMs(): number {
    return this.#nowMs
  }

  advanceMs(durationMs: number): void {
    this.#nowMs += durationMs
  }
}
