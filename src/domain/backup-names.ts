import { readBackupTime } from './backups.ts'

/** The names of backups that are brought to a target, such as a folder on another disk. */

const STAMP = String.raw`\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z`
const SHIPPED = new RegExp(`^licet-(?:scheduled-)?${STAMP}(?:-\\d+)?\\.sqlite(?:\\.age)?$`)
const SCHEDULED = new RegExp(`^licet-scheduled-${STAMP}\\.sqlite(?:\\.age)?$`)
const ENCRYPTED = '.age'
const USAGE = '.usage.sqlite'

/** A backup in a target. It is complete, because its SHA-256 is beside it. */
export interface StoredBackup {
  readonly name: string
  readonly bytes: number
}

/** Returns the name of a backup that the schedule makes, with the time in UTC. */
export function buildScheduledName(nowMs: number, isEncrypted: boolean): string {
  return `licet-scheduled-${formatStamp(nowMs)}.sqlite${isEncrypted ? ENCRYPTED : ''}`
}

/** Returns the name of a backup that a command makes in a folder. */
export function buildShippedName(nowMs: number, isEncrypted: boolean): string {
  return `licet-${formatStamp(nowMs)}.sqlite${isEncrypted ? ENCRYPTED : ''}`
}

const formatStamp = (nowMs: number) => new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')

/** Whether Licet has given a backup this name, of whatever kind. */
export const isShippedName = (name: string): boolean => SHIPPED.test(name)

export const isScheduledName = (name: string): boolean => SCHEDULED.test(name)

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

/** Sorts names of Licet by their times, the newest first. */
export function sortNewestFirst<Named extends StoredBackup>(backups: readonly Named[]): Named[] {
  return [...backups].sort((one, other) => timeOf(other) - timeOf(one))
}

export const timeOf = ({ name }: Pick<StoredBackup, 'name'>): number => readBackupTime(name) ?? 0
