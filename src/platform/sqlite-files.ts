import { constants, type Database } from 'bun:sqlite'
import { closeSync, fsyncSync, lchownSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Gives a new file to the owner of its directory if root created it, as SQLite does with its logs.
 * Otherwise a command run by root would leave files that the server cannot open.
 */
export function giveToOwner(path: string): void {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(path))
  lchownSync(path, uid, gid)
}

/**
 * Syncs a file or a directory to disk. Windows syncs only files that are open for writing, and no directories: its
 * file system logs renames by itself.
 */
export function syncPath(path: string): void {
  const isWindows = process.platform === 'win32'
  if (isWindows && statSync(path).isDirectory()) return
  const file = openSync(path, isWindows ? 'r+' : 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Writes an open database, whose file was moved or deleted, to a new file at the path. */
export function rewriteFile(db: Database, path: string): void {
  const unfinished = `${path}.unfinished`
  rmSync(unfinished, { force: true })
  db.run('VACUUM INTO ?', [unfinished])
  // The new file contains what is in the log, which must never be applied to it.
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
  giveToOwner(unfinished)
  renameSync(unfinished, path)
}

/** Turns on the write-ahead log, whose files stay: on a full disk they could not be created again. */
export function useLog(db: Database): void {
  db.fileControl(constants.SQLITE_FCNTL_PERSIST_WAL, 1)
  db.run('PRAGMA journal_mode = WAL')
}
