import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import {
  type Backup,
  buildBackupName,
  type CreatedBackup,
  listSurplus,
  readBackupTime,
} from '~/domain/backups.ts'
import { Fault, reasonOf } from '~/domain/faults.ts'
import { recordBackup } from '~/platform/last-backup.ts'
import type { Log } from '~/platform/log.ts'
import { createFolder } from '~/platform/sqlite-files.ts'
import { measureStorage } from '~/platform/storage-sizes.ts'
import type { Backups } from '~/store/backups-port.ts'
import {
  backupsPath,
  deleteBackup,
  findBackup,
  isOpen,
  isTaken,
  listBackups,
  listComplete,
  listCopies,
  removeUnfinished,
  unfinishedPath,
} from './backup-files.ts'
import type { BackupTasks } from './backup-tasks.ts'
import { requireSpace } from './disk-space.ts'

export interface BackupsOptions {
  readonly dataDir: string
  /** How many backups are kept, at least one. */
  readonly backupsKept: number
  readonly tasks: BackupTasks
  /** Returns what identifies the master secret. */
  readonly getSecretCheck: () => string
  /** Whether this process holds the lock of the data directory, so that no other makes backups there. */
  readonly isLocked: boolean
  /** Writes to disk what is still in memory. */
  readonly flush: () => Promise<void>
  readonly log: Log
}

export interface ServerBackups extends Omit<Backups, 'scheduled'> {
  /** Ends the task that is running, without a trace. */
  close(): Promise<void>
}

/** The backups of a data directory. */
export function createBackups(options: BackupsOptions): ServerBackups {
  const { dataDir, getSecretCheck, tasks } = options
  const folder = backupsPath(dataDir)
  const state: State = { running: null, verifying: null }
  const find = (name: string) => findBackup(folder, name, state.running)
  if (options.isLocked) tryToRemoveUnfinished(folder, options.log)

  return {
    list: async (request) => listBackups(folder, state.running, request),
    find: async (name) => find(name),
    create: (nowMs) => tasks.occupy(() => create(options, state, nowMs)),
    async verify(name) {
      const backup = find(name)
      if (backup === null) return null
      requireComplete(backup)
      const { sha256 } = backup
      const path = join(folder, name)
      return tasks.occupy(async () => {
        state.verifying = name
        try {
          const task = { kind: 'verify', path, sha256, secretCheck: getSecretCheck() } as const
          return (await tasks.run(task, 'verified')).checks
        } finally {
          state.verifying = null
        }
      })
    },
    async read(name) {
      const backup = find(name)
      if (backup === null) return null
      requireComplete(backup)
      return Bun.file(join(folder, name))
    },
    async delete(name) {
      const backup = find(name)
      if (backup === null) return null
      requireComplete(backup)
      requireUnused(folder, state, name)
      tryToDelete(folder, name)
      return backup
    },
    deleteCopies: async (beforeMs) => deleteCopies(folder, beforeMs, options.log),
    async close() {
      await tasks.close()
      if (options.isLocked) tryToRemoveUnfinished(folder, options.log)
    },
  }
}

interface State {
  /** The backup that is being made. */
  running: Pick<Backup, 'name' | 'createdAtMs'> | null
  /** The name of the backup that is being verified. */
  verifying: string | null
}

async function create(
  { dataDir, backupsKept, tasks, flush, log }: BackupsOptions,
  state: State,
  nowMs: number,
): Promise<CreatedBackup> {
  const folder = backupsPath(dataDir)
  const startedAtMs = performance.now()
  prepareFolder(folder)
  const { databaseBytes, databaseLogBytes } = measureStorage(dataDir)
  requireSpace(folder, databaseBytes + databaseLogBytes)
  const name = buildBackupName(nowMs, (candidate) => isTaken(folder, candidate))
  const target = join(folder, name)
  state.running = { name, createdAtMs: nowMs }
  try {
    // Without the usage file, the backup lacks some counters, and says so.
    await flush().catch(() => undefined)
    const unfinished = unfinishedPath(target)
    const { warning } = await tasks.run({ kind: 'create', dataDir, target, unfinished }, 'created')
    if (warning !== null) log.warn({ backup: name }, warning)
    state.running = null
    const backup = findBackup(folder, name, null)
    if (backup === null) throw new Fault('unavailable', 'The backup disappeared from the disk.')
    record(dataDir, nowMs, log)
    const ms = Math.round(performance.now() - startedAtMs)
    log.info({ backup: name, bytes: backup.bytes, ms }, 'backup created')
    // A backup that lacks something does not replace one that may be complete.
    const deleted = warning === null ? deleteSurplus(folder, backup, backupsKept, log) : []
    return { ...backup, warning, deleted }
  } finally {
    state.running = null
    tryToRemoveUnfinished(folder, log)
  }
}

/** Returns how many copies from before a restore or a migration were deleted. */
function deleteCopies(folder: string, beforeMs: number, log: Log): number {
  const old = listCopies(folder).filter((name) => (readBackupTime(name) ?? beforeMs) < beforeMs)
  for (const name of old) {
    tryToDelete(folder, name)
    log.info({ copy: name }, 'old copy of the database deleted')
  }
  return old.length
}

/** Returns the old backups that were deleted. Those that are being downloaded stay until next time. */
function deleteSurplus(folder: string, created: Backup, kept: number, log: Log): readonly Backup[] {
  return listSurplus(listComplete(folder), created, kept).flatMap(({ name }) => {
    const backup = findBackup(folder, name, null)
    if (backup === null || isOpen(folder, name)) return []
    try {
      tryToDelete(folder, name)
      log.info({ backup: name }, 'old backup deleted')
      return [backup]
    } catch (error) {
      log.warn({ backup: name, err: error }, 'an old backup was not deleted')
      return []
    }
  })
}

function requireUnused(folder: string, { verifying }: State, name: string): void {
  if (verifying !== name && !isOpen(folder, name)) return
  const detail = `${name} is being verified or downloaded. Delete it when that has ended.`
  throw new Fault('in_use', detail)
}

function tryToDelete(folder: string, name: string): void {
  try {
    deleteBackup(folder, name)
  } catch (cause) {
    const reason = reasonOf(cause)
    throw new Fault('unavailable', `${name} cannot be deleted: ${reason}.`, { cause })
  }
}

/** Throws a Fault if nothing can be written there. */
function prepareFolder(folder: string): void {
  try {
    createFolder(folder)
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    removeUnfinished(folder)
  } catch (cause) {
    const reason = reasonOf(cause)
    const detail = `The backup failed, because the folder backups in the data directory cannot be written: ${reason}.`
    throw new Fault('unavailable', detail, { cause })
  }
}

/** A folder that cannot be read stops only backups, which report it, and not the server. */
function tryToRemoveUnfinished(folder: string, log: Log): void {
  try {
    removeUnfinished(folder)
  } catch (error) {
    log.warn({ err: error }, 'the folder backups of the data directory cannot be used')
  }
}

/** The backup is complete, even if this cannot be recorded. */
function record(dataDir: string, nowMs: number, log: Log): void {
  try {
    recordBackup(dataDir, nowMs)
  } catch (error) {
    log.warn({ err: error }, 'the time of the last backup was not recorded')
  }
}

function requireComplete({ state, name }: Backup): void {
  if (state === 'complete') return
  throw new Fault('in_use', `${name} is still being written. Try again when it is complete.`)
}
