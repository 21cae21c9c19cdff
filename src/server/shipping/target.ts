import type { StoredBackup } from '~/domain/backup-names.ts'
import type { BackupLocation } from '~/platform/config-backups.ts'
import { backupsPath } from '../backup-files.ts'
import { createFolderTarget } from './folder-target.ts'
import { createS3Target } from './s3-target.ts'

/** A file that is to be stored. Storing it may move it away. */
export interface Outgoing {
  readonly path: string
  readonly name: string
  readonly sha256: string
}

export interface LoadedFile {
  readonly path: string
  /** The SHA-256 that was recorded; null if there is none. */
  readonly sha256: string | null
}

/**
 * A folder or a bucket with backups. Every method throws a Fault `unavailable` that says what is wrong
 * if the target does not work.
 */
export interface BackupTarget {
  /** As people write it. */
  readonly name: string
  /** Throws unless a backup of this size can be stored, as far as that can be known. */
  prepare(neededBytes: number): Promise<void>
  /** Deletes parts of backups of one owner that were interrupted. */
  removeLeftovers(owner: string): Promise<void>
  /** Lists the backups that are complete and that Licet has named. */
  list(): Promise<readonly StoredBackup[]>
  /** Stores a file, reads it back, and only then records its SHA-256, which makes it complete. */
  store(file: Outgoing): Promise<void>
  /** Returns a file as it is in a folder, or else reads it to `path`. */
  load(name: string, path: string): Promise<LoadedFile>
  has(name: string): Promise<boolean>
  /** Deletes a file and its SHA-256, if they are there. */
  delete(name: string): Promise<void>
}

/** Opens the target of a location. By default, it is the folder `backups` of the data directory. */
export function openTarget(location: BackupLocation | null, dataDir: string): BackupTarget {
  if (location?.kind === 's3') return createS3Target(location)
  return createFolderTarget(location?.path ?? backupsPath(dataDir))
}
