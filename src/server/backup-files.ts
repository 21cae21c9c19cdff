import {
  existsSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  type Stats,
} from 'node:fs'
import { join } from 'node:path'
import { toHashName, toUsageName } from '~/domain/backup-names.ts'
import { type Backup, isBackupName, readBackupTime } from '~/domain/backups.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { readHash } from './backup-hash.ts'

const UNFINISHED = '.unfinished'
/** Not the files of `licet backup`, which have the ID of its process in their names. */
const UNFINISHED_FILE = /\.sqlite\.unfinished(?:-journal)?$/
/** A copy of a damaged database has its log beside it. */
const COPY_FILE = /^before-(?:restore|migration)-[\dTZ-]+\.sqlite(?:-wal|-shm)?$/
const TIME_DIGITS = 16
/** On Linux, a link for each file that this process has open. */
const OPEN_FILES = '/proc/self/fd'

type Running = Pick<Backup, 'name' | 'createdAtMs'> | null

export const backupsPath = (dataDir: string) => join(dataDir, 'backups')
export const unfinishedPath = (target: string) => target + UNFINISHED

export const isTaken = (folder: string, name: string) => existsSync(join(folder, name))

/** Returns a backup, or the one that is running; null if the name is not one of a regular file. */
export function findBackup(folder: string, name: string, running: Running): Backup | null {
  if (running?.name === name) return toRunning(folder, running)
  const file = isBackupName(name) ? statFile(join(folder, name)) : null
  return file && { ...toEntry(name, file), sha256: readHash(join(folder, name)) }
}

/** Lists the backups, newest first. */
export function listBackups(
  folder: string,
  running: Running,
  { limit, after }: PageRequest,
): Page<Backup> {
  const entries = listComplete(folder).filter(({ name }) => name !== running?.name)
  const all = running === null ? entries : [toRunning(folder, running), ...entries]
  const rest = all
    .map((backup) => ({ backup, position: positionOf(backup) }))
    .filter(({ position }) => after === null || position < after)
    .sort((one, other) => (one.position < other.position ? 1 : -1))
  const page = rest.slice(0, limit)
  return {
    data: page.map(({ backup }) =>
      backup.state === 'running'
        ? backup
        : { ...backup, sha256: readHash(join(folder, backup.name)) },
    ),
    nextAfter: rest.length > limit ? (page.at(-1)?.position ?? null) : null,
  }
}

/** Returns all backups that are complete, without their hashes. */
export function listComplete(folder: string): readonly Backup[] {
  return listNames(folder)
    .filter(isBackupName)
    .flatMap((name) => {
      const file = statFile(join(folder, name))
      return file === null ? [] : [toEntry(name, file)]
    })
}

/** Returns the names of the copies that a restore or a migration has made of the database. */
export function listCopies(folder: string): readonly string[] {
  return listNames(folder).filter(
    (name) => COPY_FILE.test(name) && statFile(join(folder, name)) !== null,
  )
}

/** Deletes a backup with its hash, and its usage file. */
export function deleteBackup(folder: string, name: string): void {
  rmSync(join(folder, name))
  const usage = toUsageName(name)
  for (const part of [toHashName(name), usage, toHashName(usage)]) {
    rmSync(join(folder, part), { force: true })
  }
}

/**
 * Returns whether this process has the file open, as it does during a download. False where that is
 * unknown: an open file can still be read after it was deleted.
 */
export function isOpen(folder: string, name: string): boolean {
  if (!existsSync(OPEN_FILES)) return false
  const path = realpathSync(join(folder, name))
  return readdirSync(OPEN_FILES).some((number) => {
    try {
      return readlinkSync(join(OPEN_FILES, number)) === path
    } catch {
      // It was closed meanwhile.
      return false
    }
  })
}

/** Deletes what is left of a backup that was interrupted. */
export function removeUnfinished(folder: string): void {
  for (const name of listNames(folder)) {
    if (UNFINISHED_FILE.test(name)) rmSync(join(folder, name), { force: true })
  }
}

const positionOf = ({ createdAtMs, name }: Backup) =>
  `${String(createdAtMs).padStart(TIME_DIGITS, '0')} ${name}`

function toRunning(folder: string, { name, createdAtMs }: NonNullable<Running>): Backup {
  const bytes = statFile(unfinishedPath(join(folder, name)))?.size ?? 0
  return { name, state: 'running', bytes, createdAtMs, sha256: null }
}

function toEntry(name: string, { size: bytes, mtimeMs }: Stats): Backup {
  const createdAtMs = readBackupTime(name) ?? Math.max(0, Math.floor(mtimeMs))
  return { name, state: 'complete', bytes, createdAtMs, sha256: null }
}

/** A link could lead out of the folder. */
function statFile(path: string): Stats | null {
  const file = lstatSync(path, { throwIfNoEntry: false })
  return file?.isFile() ? file : null
}

function listNames(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
