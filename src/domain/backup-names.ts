import { readBackupTime } from './backups.ts'
import { toFileStamp } from './times.ts'

/** The names of backups that are brought to a target, such as a folder on another disk. */

const STAMP = String.raw`\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z`
/** Letters, because a number at the end counts backups of the same moment. */
export const OWNER_LETTERS = 8
const OWNER = `[a-z]{${OWNER_LETTERS}}`
const SHIPPED = new RegExp(
  `^licet-(?:scheduled-)?${STAMP}(?:-(?:\\d+|${OWNER}))?\\.sqlite(?:\\.age)?$`,
)
const SCHEDULED = new RegExp(`^licet-scheduled-${STAMP}-${OWNER}\\.sqlite(?:\\.age)?$`)
/** Any file of a backup: itself, its SHA-256, its usage file, and parts of these. */
const OWNED = new RegExp(`^(?<stem>licet-(?:scheduled-)?${STAMP}-(?<owner>${OWNER}))\\.`)
const WHOLE_OWNER = new RegExp(`^${OWNER}$`)
const ENCRYPTED = '.age'
const USAGE = '.usage.sqlite'
/** How the names of all these files begin. */
export const NAME_START = 'licet-'

/** A backup in a target. It is complete, because its SHA-256 is beside it. */
export interface StoredBackup {
  readonly name: string
  readonly bytes: number
}

/** Returns the name of a backup that the schedule makes, with the time in UTC. */
export function buildScheduledName(nowMs: number, owner: string, isEncrypted: boolean): string {
  return `licet-scheduled-${toFileStamp(nowMs)}-${owner}.sqlite${isEncrypted ? ENCRYPTED : ''}`
}

/** Returns the name of a backup that a command makes in a folder. */
export function buildShippedName(nowMs: number, owner: string, isEncrypted: boolean): string {
  return `licet-${toFileStamp(nowMs)}-${owner}.sqlite${isEncrypted ? ENCRYPTED : ''}`
}

/** Whether Licet has given a backup this name, of whatever kind. */
export const isShippedName = (name: string): boolean => SHIPPED.test(name)

export const isScheduledName = (name: string): boolean => SCHEDULED.test(name)

export const isOwner = (text: string): boolean => WHOLE_OWNER.test(text)

/** Returns the data directory that a backup is of; null if the name does not contain it. */
export const ownerOf = (name: string): string | null => OWNED.exec(name)?.groups?.owner ?? null

export const isEncryptedName = (name: string): boolean => name.endsWith(ENCRYPTED)

/** Returns the name of a backup without encryption. */
export const toPlainName = (name: string): string =>
  isEncryptedName(name) ? name.slice(0, -ENCRYPTED.length) : name

/** Returns the name of the usage file that belongs to a backup. */
export function toUsageName(name: string): string {
  const plain = toPlainName(name)
  const stem = plain.endsWith('.sqlite') ? plain.slice(0, -'.sqlite'.length) : plain
  return stem + USAGE + (isEncryptedName(name) ? ENCRYPTED : '')
}

/** Returns the name of the file with the SHA-256 of a backup, in the format of `sha256sum`. */
export const toHashName = (name: string): string => `${name}.sha256`

/**
 * Returns what interrupted backups of one owner have left. `isComplete` says whether a backup of this
 * name can be relied on; without one, all its files are left over.
 */
export function listLeftovers(
  names: readonly string[],
  owner: string,
  isComplete: (name: string) => boolean,
): readonly string[] {
  const isOfComplete = (name: string) => {
    const stem = OWNED.exec(name)?.groups?.stem
    return isComplete(`${stem}.sqlite`) || isComplete(`${stem}.sqlite${ENCRYPTED}`)
  }
  return names.filter((name) => ownerOf(name) === owner && !isOfComplete(name))
}

/** Sorts backups by the times in their names, the newest first. */
export function sortNewestFirst<Named extends StoredBackup>(backups: readonly Named[]): Named[] {
  return [...backups].sort((one, other) => timeOf(other) - timeOf(one))
}

export const timeOf = ({ name }: Pick<StoredBackup, 'name'>): number => readBackupTime(name) ?? 0
