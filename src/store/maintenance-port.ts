import type { RecordedTime } from '~/domain/trusted-time.ts'

export interface Maintenance {
  /** Deletes up to `max` rows that had expired by the trusted time. Returns how many. */
  cleanUp(trustedMs: number, max: number): Promise<number>
  /**
   * Corrects times that were written while the clock was ahead: periods end within their length,
   * notices that were too early are due again, and pending deliveries have an age. Yields the number of corrections in each transaction.
   */
  correctTimes(nowMs: number): AsyncGenerator<number, void>
  findRecordedTime(): Promise<RecordedTime | null>
  recordTime(decide: (former: RecordedTime | null) => RecordedTime): Promise<void>
  truncateLog(): Promise<void>
}
