import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { isBusy } from '~/platform/sqlite-errors.ts'

/**
 * Locks a data directory for one server. Returns the function that unlocks it; null if another
 * process holds the lock. The lock is an open transaction, which ends however the process dies.
 */
export function lockDirectory(directory: string): (() => void) | null {
  const db = new Database(join(directory, 'lock.sqlite'), { create: true })
  try {
    db.run('PRAGMA busy_timeout = 0')
    db.run('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (isBusy(error)) return null
    throw error
  }
  return () => db.close()
}
