import type { Clock } from '~/deps.ts'
import { advanceTrustedMs } from '~/domain/trusted-time.ts'

/** A clock that only moves when a test advances it, or makes it jump. */
export class FixedClock implements Clock {
  #nowMs: number
  #trustedMs: number | null
  #jumpMs = 0
  #elapsedMs = 0

  constructor(start = '2026-03-06T00:00:00Z') {
    this.#nowMs = Date.parse(start)
    this.#trustedMs = this.#nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  elapsedMs(): number {
    return this.#elapsedMs
  }

  trustedMs(): number {
    return this.#trustedMs ?? 0
  }

  resume(): void {}

  check(): number {
    const jumpMs = this.#jumpMs
    this.#jumpMs = 0
    return jumpMs
  }

  /** Lets time pass. */
  advanceMs(durationMs: number): void {
    this.#nowMs += durationMs
    this.#elapsedMs += durationMs
    this.#trustedMs = advanceTrustedMs(this.#trustedMs, this.#nowMs, durationMs)
  }

  /** Sets the clock forward or back, without time passing. */
  jumpMs(durationMs: number): void {
    this.#nowMs += durationMs
    this.#trustedMs = advanceTrustedMs(this.#trustedMs, this.#nowMs, 0)
    this.#jumpMs += durationMs
  }
}
