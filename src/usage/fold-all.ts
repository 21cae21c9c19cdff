import { Database } from 'bun:sqlite'
import { useLog } from '~/platform/sqlite-files.ts'
import { usagePath } from './file.ts'
import { createFindNumber } from './queries.ts'
import { createWriter } from './writes.ts'

/** Folds all staged batches of the usage file of a data directory, which the caller has locked and prepared. */
export function foldAll(directory: string): void {
  using db = new Database(usagePath(directory), { readwrite: true, create: false, strict: true })
  useLog(db)
  createWriter(db, createFindNumber(db), () => []).fold(null)
}
