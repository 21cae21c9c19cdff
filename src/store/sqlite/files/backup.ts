import { Database } from 'bun:sqlite'
import { syncPath } from '~/platform/sqlite-files.ts'

/**
 * Copies a consistent snapshot of a database, which may be in use, to a new file. The copy needs no
 * `-wal` file next to it, and is on disk when this returns.
 */
export function copyDatabase(source: string, target: string): void {
  using db = new Database(source, { readonly: true })
  db.run('VACUUM INTO ?', [target])
  syncPath(target)
}
