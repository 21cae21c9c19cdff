import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { isBusy } from '~/platform/sqlite-errors.ts'

/**
 * Holds a data directory for one server. An open exclusive transaction is a lock that any death of
 * the process frees. Null when another process holds it; otherwise the function that lets go.
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
