import { Database } from 'bun:sqlite'
import { closeSync, fsyncSync, openSync } from 'node:fs'

/**
 * Copies one moment of a database, which may be in use, to a file that is not there yet. The copy
 * stands alone, without a log beside it, and is on disk when this returns.
 */
export function copyDatabase(source: string, target: string): void {
  const db = new Database(source, { readonly: true })
  try {
    db.run('VACUUM INTO ?', [target])
  } finally {
    db.close()
  }
  syncPath(target)
}

/** Forces a file, or the names in a directory, to disk. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
