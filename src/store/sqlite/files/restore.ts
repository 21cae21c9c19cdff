import { Database } from 'bun:sqlite'
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import { toFileStamp } from '~/domain/times.ts'
import { isBusy, isDamage } from '~/platform/sqlite-errors.ts'
import { createFolder, giveToOwner, keepFile, moveFile, syncPath } from '~/platform/sqlite-files.ts'
import { databasePath } from '../connection.ts'
import { copyDatabase } from './backup.ts'
import { forgetPosition } from './position.ts'

/** Long enough for commands that read or write a few rows. */
const BUSY_TIMEOUT_MS = 2000

/**
 * Replaces the database of a directory by a copy of `source`, with one rename, so that a crash leaves
 * either the previous database or the new one. Returns the path that the previous database was moved
 * to; null if there was none. The caller must hold the lock of the directory. Throws a Fault if
 * another command is using the database.
 */
export function replaceDatabase(directory: string, source: string, nowMs: number): string | null {
  const target = databasePath(directory)
  const incoming = `${target}.restoring`
  const file = statSync(target, { throwIfNoEntry: false })
  // SQLite would delete the log of an empty file.
  const isLockable = file?.isFile() === true && file.size > 0
  const previous = isLockable ? lockDatabase(target) : null
  try {
    rmSync(incoming, { force: true })
    copyDatabase(source, incoming)
    advanceFeed(incoming, nowMs)
    endSessions(incoming)
    syncPath(incoming)
    giveToOwner(incoming)
    const kept = previousPath(directory, nowMs)
    createFolder(dirname(kept))
    // Not moved, so that the database exists under its name at any time.
    if (file?.isFile()) keepFile(target, kept)
    else if (file !== undefined) renameSync(target, kept)
    moveLog(target, kept)
    syncPath(dirname(kept))
    forgetPosition(directory)
    renameSync(incoming, target)
    syncPath(directory)
    return file === undefined ? null : kept
  } finally {
    rmSync(incoming, { force: true })
    previous?.close()
  }
}

/**
 * Merges the write-ahead log into the database and locks it until it is closed. Returns null if the
 * database is too damaged for that.
 */
function lockDatabase(path: string): Database | null {
  const db = new Database(path, { readwrite: true, create: false })
  try {
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    db.run('PRAGMA journal_mode = DELETE')
    db.run('BEGIN EXCLUSIVE')
    return db
  } catch (error) {
    db.close()
    if (isBusy(error)) {
      const detail =
        'Another command is using the database. Wait for it to finish, then restore again.'
      throw new Fault('in_use', detail, { cause: error })
    }
    if (isDamage(error)) return null
    throw error
  }
}

/**
 * Moves the revocation feed beyond every number that it can have had before: an app ignores a feed that
 * ends at a lower number than the last one it has read.
 */
function advanceFeed(path: string, nowMs: number): void {
  using db = new Database(path, { readwrite: true, create: false })
  const name = 'revocations'
  if (db.query('SELECT 1 FROM sqlite_schema WHERE name = ?').get(name) === null) return
  const former = db
    .query<{ seq: number }, [string]>('SELECT seq FROM sqlite_sequence WHERE name = ?')
    .get(name)
  if (former === null)
    db.run('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)', [name, nowMs])
  else db.run('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?', [nowMs, name])
}

/** Sessions that have ended since the backup, and links that were used, must not work again. */
function endSessions(path: string): void {
  using db = new Database(path, { readwrite: true, create: false })
  for (const name of ['sessions', 'setup_links', 'portal_sessions', 'portal_codes']) {
    const found = db.query('SELECT 1 FROM sqlite_schema WHERE name = ?').get(name)
    if (found !== null) db.run(`DELETE FROM ${name}`)
  }
}

function previousPath(directory: string, nowMs: number): string {
  const stamp = toFileStamp(nowMs)
  return join(directory, 'backups', `before-restore-${stamp}.sqlite`)
}

/** Moves the log of a damaged database with it, because it must never be applied to the new one. */
function moveLog(target: string, kept: string): void {
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(target + suffix)) moveFile(target + suffix, kept + suffix)
  }
}
