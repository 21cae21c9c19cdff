import { SQLiteError } from 'bun:sqlite'

export function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code ?? '')
}

/** Whether the file is corrupt, or not a database at all. */
export function isDamage(error: unknown): error is SQLiteError {
  return error instanceof SQLiteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code ?? '')
}

/** Whether the file cannot be read or written at the moment: locked, full or failing. */
export function isUnavailable(error: unknown): boolean {
  if (isRefusedByDisk(error)) return true
  const codes = /^SQLITE_(BUSY|FULL|IOERR|READONLY|CANTOPEN|LOCKED)/
  return error instanceof SQLiteError && codes.test(error.code ?? '')
}

/** Whether the operating system itself refused, because a disk is full, failing or read-only. */
export function isRefusedByDisk(error: unknown): error is Error {
  const codes = ['EIO', 'EROFS', 'ENOSPC', 'EDQUOT']
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
