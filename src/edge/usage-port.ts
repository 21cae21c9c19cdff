import type { Activation } from '~/domain/activations.ts'
import type { ValidationRecord } from '~/domain/usage.ts'

/** Collects the validations that an edge has answered, and delivers them to the primary. */
export interface EdgeUsage {
  /** Records a validation in memory: it never waits and never throws. */
  record(validation: ValidationRecord): void
  /** Notes that an activation was in use at this time. Also never waits. */
  recordSeen(activation: Activation, atMs: number): void
  /**
   * Returns the time of the primary, in ms, up to which all recorded validations are delivered. While
   * nothing waits, that is now.
   */
  getDeliveredUntilMs(): number
  /** Returns the number of validations that wait for their delivery. */
  countWaiting(): number
  /** Starts delivering, at the first poll. Batches are numbered by run, so the feed names none. */
  start(): void
  /** Tries a last delivery for a short time, and leaves the rest in the journal. */
  close(): Promise<void>
}

/** Parts of the edge that the delivery needs. */
export interface EdgeUsageParts {
  /** LICET_DATA_DIR, which this process has locked. */
  readonly directory: string
  /** Returns the time of the primary in ms. It goes back only with the clock of the primary. */
  readonly nowMs: () => number
  /** Posts JSON to `/api/v1/edge` + path of the primary. Rejects if there is no response. */
  readonly post: (path: string, body: string) => Promise<Response>
  readonly onError: (error: unknown) => void
  /** Called with the number of validations that are lost, because neither disk nor memory has room. */
  readonly onDropped: (count: number) => void
}
