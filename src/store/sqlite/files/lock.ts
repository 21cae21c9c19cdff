import { Database } from 'bun:sqlite'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Fault, reasonOf } from '~/domain/faults.ts'
import { isBusy } from '~/platform/sqlite-errors.ts'
import { giveToOwner } from '~/platform/sqlite-files.ts'

export interface DirectoryLock extends Disposable {
  /** Takes the lock again if its file was deleted. Throws like `lockDirectory`. */
  renew(): void
}

/**
 * Locks a data directory for one server, until the lock is disposed. Throws a Fault with this detail
 * if another process holds it, and one that says why if it cannot be held. The lock is an open
 * transaction, which ends however the process dies.
 */
export function lockDirectory(directory: string, detail: string): DirectoryLock {
  const path = join(directory, 'lock.sqlite')
  let held = lockFile(path, detail)
  return {
    renew: () => {
      if (statSync(path, { throwIfNoEntry: false })?.ino === held.inode) return
      held.db.close()
      held = lockFile(path, detail)
    },
    [Symbol.dispose]: () => held.db.close(),
  }
}

function lockFile(path: string, detail: string) {
  const db = open(path)
  try {
    begin(db)
    // SQLite silently takes no lock on a file that it cannot write.
    if (!isLocked(path))
      throw unlockable(path, 'a second lock is granted, as for a file that cannot be written')
    return { db, inode: statSync(path).ino }
  } catch (error) {
    db.close()
    if (isBusy(error)) throw new Fault('in_use', detail)
    throw error instanceof Fault ? error : unlockable(path, error)
  }
}

function open(path: string): Database {
  try {
    const db = new Database(path, { create: true })
    giveToOwner(path)
    return db
  } catch (error) {
    throw unlockable(path, error)
  }
}

function begin(db: Database): void {
  db.run('PRAGMA busy_timeout = 0')
  // Otherwise a journal would be written, which a full disk prevents.
  db.run('PRAGMA journal_mode = MEMORY')
  db.run('BEGIN EXCLUSIVE')
}

/** Whether a second connection is refused, and so the file at the path is the one that is locked. */
function isLocked(path: string): boolean {
  using second = new Database(path, { readwrite: true, create: false })
  try {
    begin(second)
    return false
  } catch (error) {
    return isBusy(error)
  }
}

function unlockable(path: string, cause: unknown): Fault {
  const reason = reasonOf(cause)
  const detail = `${path} cannot be locked (${reason}), so two servers could use this directory at once. Make it writable, or delete it, or choose a LICET_DATA_DIR on a disk that supports locks.`
  return new Fault('unavailable', detail, { cause })
}
