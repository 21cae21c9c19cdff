import { SQLiteError } from 'bun:sqlite'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { toHashName } from '~/domain/backup-names.ts'
import { Fault } from '~/domain/faults.ts'
import { syncPath } from '~/platform/sqlite-files.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { copyDatabase } from '~/store/sqlite/files/backup.ts'
import { firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { copyCountersToBackup } from '~/usage/backup-counters.ts'
import { findUsageFile } from '~/usage/upgrade.ts'
import { hashFile, recordHash } from './backup-hash.ts'

interface BackupOptions {
  readonly dataDir: string
  /** A path where there is no file yet. */
  readonly target: string
  /** A file beside `target`, which is always gone in the end. */
  readonly unfinished: string
}

/**
 * Backs up a database, which may be in use. Creates `target` only once the backup is complete, checked
 * and on disk, with its hash in a file beside it. Returns what it lacks; null if nothing. Throws a Fault if that fails.
 */
export function backUp({ dataDir, target, unfinished }: BackupOptions): string | null {
  rmSync(unfinished, { force: true })
  try {
    copyDatabase(databasePath(dataDir), unfinished)
    const problem = copyCountersToBackup(unfinished, findUsageFile(dataDir))
    // Also its schema: a newer version may keep counters that this one does not copy.
    const [damage, ...others] = inspectDatabase(unfinished, null, 'use')
    if (damage !== undefined && damage.problem !== null) {
      const detail = `The backup is damaged, so it was discarded: ${damage.problem}`
      throw new Fault('unavailable', detail)
    }
    const unknown = firstProblem(others)
    if (unknown !== null) throw new Fault('unavailable', `The backup failed: ${unknown}`)
    // SQLite would not notice a changed value.
    recordHash(target, hashFile(unfinished))
    renameSync(unfinished, target)
    syncPath(dirname(target))
    return problem === null
      ? null
      : `The usage file cannot be read (${problem}), so the backup lacks the latest counters.`
  } catch (error) {
    if (!existsSync(target)) rmSync(toHashName(target), { force: true })
    throw toFault(error, dirname(target))
  } finally {
    for (const suffix of ['', '-journal']) rmSync(unfinished + suffix, { force: true })
  }
}

function toFault(error: unknown, folder: string): unknown {
  const isOfDisk = error instanceof SQLiteError || (error instanceof Error && 'syscall' in error)
  if (!isOfDisk) return error
  const detail = `The backup failed: ${error.message}. Check that the disk of ${folder} works and is not full, and run licet check.`
  return new Fault('unavailable', detail, { cause: error })
}
