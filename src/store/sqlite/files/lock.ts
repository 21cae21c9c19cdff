import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import { isBusy } from '~/platform/sqlite-errors.ts'

/**
 * Locks a data directory for one server, until the lock is disposed. Throws a Fault with this detail
 * if another process holds it. The lock is an open transaction, which ends however the process dies.
 */
export function lockDirectory(directory: string, detail: string): Disposable {
  const db = new Database(join(directory, 'lock.sqlite'), { create: true })
  try {
    db.run('PRAGMA busy_timeout = 0')
    db.run('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    throw isBusy(error) ? new Fault('in_use', detail) : error
  }
  return db
}
