import { constants, type Database } from 'bun:sqlite'
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** Another disk, or a file system without hard links, such as exFAT. */
const UNLINKABLE = ['EXDEV', 'EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'EMLINK']

/**
 * Gives a new file to the owner of its directory if root created it, as SQLite does with its logs.
 * Otherwise a command run by root would leave files that the server cannot open.
 */
export function giveToOwner(path: string): void {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(path))
  lchownSync(path, uid, gid)
}

/** Creates a folder that only its owner can read, unless it exists. */
export function createFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  giveToOwner(path)
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

/** Moves a file, also to another disk. */
export function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error
    copyWhole(from, to)
    rmSync(from)
  }
  giveToOwner(to)
}

/** Keeps a file, which nothing is writing, under a second name, before another one takes its place. */
export function keepFile(path: string, kept: string): void {
  try {
    linkSync(path, kept)
  } catch (error) {
    if (!UNLINKABLE.includes(codeOf(error))) throw error
    copyWhole(path, kept)
    giveToOwner(kept)
  }
}

/** Copies a file, which is on disk then. Leaves nothing if that fails. */
function copyWhole(from: string, to: string): void {
  try {
    copyFileSync(from, to)
    syncPath(to)
  } catch (error) {
    rmSync(to, { force: true })
    throw error
  }
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

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
