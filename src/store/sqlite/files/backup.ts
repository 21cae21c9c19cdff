import { Database } from 'bun:sqlite'
import { renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { giveToOwner, syncPath } from '~/platform/sqlite-files.ts'

/**
 * Copies a consistent snapshot of a database, which may be in use, to a new file. The copy needs no
 * `-wal` file next to it, and is on disk when this returns.
 */
export function copyDatabase(source: string, target: string): void {
  using db = new Database(source, { readonly: true })
  db.run('VACUUM INTO ?', [target])
  syncPath(target)
}

/** Copies a database to a new file, which has its name only once it is complete. Otherwise leaves nothing. */
export function createCopy(source: string, target: string): void {
  const unfinished = `${target}.unfinished`
  try {
    rmSync(unfinished, { force: true })
    copyDatabase(source, unfinished)
    giveToOwner(unfinished)
    renameSync(unfinished, target)
    syncPath(dirname(target))
  } finally {
    for (const suffix of ['', '-journal']) rmSync(unfinished + suffix, { force: true })
  }
}
