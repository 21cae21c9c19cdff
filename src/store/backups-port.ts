import type { BackupSchedule, ScheduledRun } from '~/domain/backup-schedule.ts'
import type { Backup, BackupCheck, CreatedBackup } from '~/domain/backups.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { TimeSource } from '~/domain/trusted-time.ts'

/** The backups in the data directory. A name that is not one of a backup finds nothing. */
export interface Backups {
  /** Lists them, newest first. */
  list(request: PageRequest): Promise<Page<Backup>>
  find(name: string): Promise<Backup | null>
  /**
   * Makes a backup outside of this thread, and resolves once it is complete, checked and on disk. Then
   * deletes the oldest of those that the server has made, if there are more than are kept.
   * Throws `in_use` while another one is made or verified, and `unavailable` if it fails.
   */
  create(nowMs: number): Promise<CreatedBackup>
  /**
   * Deletes a backup and returns it. Throws `in_use` while it is being made, verified or downloaded,
   * and `unavailable` if it cannot be deleted.
   */
  delete(name: string): Promise<Backup | null>
  /** Checks a backup for damage, and whether it can be restored. Throws `in_use` like `create`. */
  verify(name: string): Promise<readonly BackupCheck[] | null>
  /** Returns the file. Throws `in_use` while it is being written. */
  read(name: string): Promise<Blob | null>
  /**
   * Deletes the copies that a restore or a migration has made of the database before this time. Returns
   * how many; none on PostgreSQL, where there are none.
   */
  deleteCopies(beforeMs: number): Promise<number>
  readonly scheduled: ScheduledBackups
}

/** The backups that are made on a schedule, and brought to their target. */
export interface ScheduledBackups {
  /** Whether one is due, also one that was missed. */
  isDue(nowMs: number): boolean
  describe(nowMs: number): BackupSchedule
  /** Makes one now, outside of this thread, and ends early once `signal` is aborted. */
  run(clock: TimeSource, signal: AbortSignal): Promise<ScheduledRun>
  /** Remembers that the failures until now were announced. */
  noteAnnouncement(): void
}
