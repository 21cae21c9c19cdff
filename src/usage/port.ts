import type { Degradation } from '~/domain/degradations.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type {
  BucketCount,
  BucketRange,
  CountedRecord,
  Dimension,
  NamedCount,
  TimeRange,
  UsageCounters,
  UsageEntry,
  ValidationRecord,
} from '~/domain/usage.ts'
import type { EdgeBatch } from './edge-batches.ts'

/**
 * Data that validations leave behind: individual validations, which are kept for some days; counts by
 * hour and day; and the counters of each license. Queries include all validations recorded before.
 * They throw a Fault `unavailable` if the file cannot be used, within two seconds.
 */
export interface Usage {
  /** Records a validation in memory. It is on disk within a second; a crash may lose that second. */
  record(validation: ValidationRecord): void
  /**
   * Records what an edge has answered, once for each batch: one that is not above the last of its run
   * changes nothing. Without a batch, each call counts. On disk before it resolves. Throws a Fault
   * `unavailable` if that is not possible; then the edge has to send the batch again.
   */
  recordEdgeBatch(batch: EdgeBatch | null, records: readonly CountedRecord[]): Promise<void>
  /** Returns an entry for each id. While the file cannot be read, its counters may be old. */
  readCounters(licenseIds: readonly string[]): Promise<ReadonlyMap<string, UsageCounters>>
  /** Lists the validations of a license, newest first. */
  list(licenseId: string, range: TimeRange, page: PageRequest): Promise<Page<UsageEntry>>
  /** Lists those of several licenses, one license after the other, as far as they are in the file. */
  listMany(
    licenseIds: readonly string[],
    range: TimeRange,
    page: PageRequest,
  ): Promise<Page<UsageEntry>>
  /** Counts the validations of a license, or of all (null), along each dimension. */
  listCounts(licenseId: string | null, range: BucketRange): Promise<readonly NamedCount[]>
  /** Counts one dimension, or one name in it, by hour or day. Empty buckets are left out. */
  listSeries(
    licenseId: string | null,
    range: BucketRange,
    of: readonly [Dimension, string | null],
  ): Promise<readonly BucketCount[]>
  /** Counts the devices on which a license was valid. */
  countDevices(licenseId: string, range: BucketRange): Promise<number>
  /** Returns up to `max` validations of all licenses, by day and license. */
  export(range: TimeRange, after: UsageChunk['after'], max: number): Promise<UsageChunk>
  /** Deletes up to `max` individual validations of days before this time. Returns how many. */
  trim(beforeMs: number, max: number): Promise<number>
  /**
   * Redacts addresses and fingerprints of these licenses, also in what edges send later about the time
   * before `nowMs`. Returns the number of validations.
   */
  erase(licenseIds: readonly string[], nowMs: number): Promise<number>
  /**
   * Adds up to `max` counts that nodes have appended to those that are kept, and returns how many. A
   * usage file does this itself.
   */
  fold(max: number): Promise<number>
  /** Moves the write-ahead log into the file (a checkpoint). */
  truncateLog(): Promise<void>
  /** Lists what does not work at the moment. It affects no other part of Licet. */
  listDegradations(): readonly Degradation[]
  /** Writes what is in memory. */
  flush(): Promise<void>
  /** Flushes and closes. Validations recorded afterwards are dropped. */
  close(): Promise<void>
}

/** A part of an export. `after` is null in the last one. */
export interface UsageChunk {
  readonly data: readonly UsageEntry[]
  readonly after:
    | readonly [day: number, license: number, atMs: number, nth: number, node?: number]
    | null
}
