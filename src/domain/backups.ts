import { toFileStamp } from './times.ts'

/** `running` until the backup is complete, checked and on disk. */
export const backupStates = ['running', 'complete'] as const

/** A backup in the folder `backups` of the data directory. */
export interface Backup {
  readonly name: string
  readonly state: (typeof backupStates)[number]
  /** The size so far, while it is running. */
  readonly bytes: number
  readonly createdAtMs: number
  /** The SHA-256 of the file in hexadecimal, as it was written; null if it was not recorded. */
  readonly sha256: string | null
}

/** A new backup. `warning` says what it lacks, and is null if it is complete. */
export interface CreatedBackup extends Backup {
  readonly warning: string | null
  /** Older backups that were deleted, because there were more than are kept. */
  readonly deleted: readonly Backup[]
}

/** One check of a backup. `problem` is null if it passed. */
export interface BackupCheck {
  readonly name: string
  readonly problem: string | null
}

/** No separator and no leading dot, so that a name is never a path. An encrypted backup ends in `.age`. */
const NAME = /^[A-Za-z0-9](?!.*\.usage\.sqlite)[A-Za-z0-9._-]{0,120}\.sqlite(?:\.age)?$/
const OWN_NAME = /^licet-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z(?:-\d+)?\.sqlite$/
const STAMP = /(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z/

export function isBackupName(name: string): boolean {
  return NAME.test(name)
}

/** Returns a name that is not taken, with the time in UTC. */
export function buildBackupName(nowMs: number, isTaken: (name: string) => boolean): string {
  const stamp = toFileStamp(nowMs)
  let name = `licet-${stamp}.sqlite`
  for (let count = 2; isTaken(name); count += 1) name = `licet-${stamp}-${count}.sqlite`
  return name
}

/**
 * Returns the backups that are surplus beside a new one, if `kept` of them are kept. Only files that
 * the server has named are: others were put there by hand, or before a migration or a restore.
 */
export function listSurplus(
  backups: readonly Backup[],
  created: Pick<Backup, 'name'>,
  kept: number,
): readonly Backup[] {
  return backups
    .filter(({ name, state }) => OWN_NAME.test(name) && state === 'complete')
    .filter(({ name }) => name !== created.name)
    .sort((one, other) => other.createdAtMs - one.createdAtMs)
    .slice(kept - 1)
}

/** Returns the time in the name of a backup, in ms; null if there is none. */
export function readBackupTime(name: string): number | null {
  const [, day, hour, minute, second, ms] = STAMP.exec(name) ?? []
  const timeMs = Date.parse(`${day}T${hour}:${minute}:${second}.${ms}Z`)
  return Number.isNaN(timeMs) ? null : timeMs
}
