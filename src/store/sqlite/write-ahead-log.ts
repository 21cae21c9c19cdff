import type { Database } from 'bun:sqlite'
import { type FileHandle, open } from 'node:fs/promises'
import { nextTurn } from '~/turns.ts'
import { foldLog } from './connection.ts'

/** 16 MB. A page that changes often is copied to the database once per this many pages. */
const FOLD_PAGES = 4000

export type WriteAheadLog = ReturnType<typeof createWriteAheadLog>

/** Keeps the work on the log of a database from holding up requests. */
export function createWriteAheadLog(
  db: Database,
  databasePath: string,
  onError: (error: unknown) => void,
) {
  // It moves nothing, and takes 2 µs.
  const measure = db.query<{ log: number; checkpointed: number }, []>('PRAGMA wal_checkpoint(NOOP)')
  let opening: Promise<FileHandle> | null = null
  let isClosed = false
  return {
    /**
     * Writes the log to disk while requests are answered, so that the sync of the next commit has
     * little left to do.
     */
    sync: async () => {
      opening ??= open(`${databasePath}-wal`)
      await (await opening).datasync()
    },
    /** Moves a long log into the database, in a turn of its own: both take as long as a sync. */
    foldIfLong: async () => {
      try {
        const { log = 0, checkpointed = 0 } = measure.get() ?? {}
        if (log - checkpointed < FOLD_PAGES) return
        await nextTurn()
        if (!isClosed) foldLog(db, 'PASSIVE')
      } catch (error) {
        onError(error)
      }
    },
    close: async () => {
      isClosed = true
      await (await opening)?.close()
    },
  }
}
