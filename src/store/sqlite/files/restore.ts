import { Database } from 'bun:sqlite'
import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import { isBusy, isDamage } from '~/platform/sqlite-errors.ts'
import { databasePath } from '../connection.ts'
import { copyDatabase, syncPath } from './backup.ts'

/** Commands that read or write a little are waited for. */
const BUSY_TIMEOUT_MS = 2000

/**
 * Puts a copy of `source` in the place of a directory's database, by one rename: whatever happens,
 * either the former database stands there or the new one. The former is kept under the path that is
 * answered; null when there was none. The caller holds the directory's lock. Throws a Fault while
 * another command works on the database.
 */
export function replaceDatabase(directory: string, source: string, nowMs: number): string | null {
  const target = databasePath(directory)
  const incoming = `${target}.restoring`
  const isThere = existsSync(target)
  const former = isThere ? holdAlone(target) : null
  try {
    rmSync(incoming, { force: true })
    copyDatabase(source, incoming)
    const kept = formerPath(directory, nowMs)
    mkdirSync(dirname(kept), { recursive: true, mode: 0o700 })
    // A second name, so that the first is never without a file.
    if (isThere) linkSync(target, kept)
    moveLog(target, kept)
    syncPath(dirname(kept))
    renameSync(incoming, target)
    syncPath(directory)
    return isThere ? kept : null
  } finally {
    rmSync(incoming, { force: true })
    former?.close()
  }
}

/**
 * Folds the log into the database and shuts everybody else out until it is closed. Null when the
 * database is too damaged for that.
 */
function holdAlone(path: string): Database | null {
  const db = new Database(path, { readwrite: true, create: false })
  try {
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    db.run('PRAGMA journal_mode = DELETE')
    db.run('BEGIN EXCLUSIVE')
    return db
  } catch (error) {
    db.close()
    if (isBusy(error)) {
      const detail = 'Another command works on the database. Restore again when it is done.'
      throw new Fault('in_use', detail, { cause: error })
    }
    if (isDamage(error)) return null
    throw error
  }
}

function formerPath(directory: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')
  return join(directory, 'backups', `before-restore-${stamp}.sqlite`)
}

/** Only damage leaves a log here, and a log must never meet a database that is not its own. */
function moveLog(target: string, kept: string): void {
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(`${target}${suffix}`)) renameSync(`${target}${suffix}`, `${kept}${suffix}`)
  }
}
