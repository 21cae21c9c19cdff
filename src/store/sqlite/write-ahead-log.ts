import type { Database } from 'bun:sqlite'
import { statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Degradation } from '~/domain/degradations.ts'
import { createLogFolder } from './log-folder.ts'

/** 4 MB: more would hold up the next transaction for longer, and fewer copy the same pages more often. */
const FOLD_PAGES = 1000
/** Far more than a program that replicates leaves in the log. */
const EXTERNAL_BYTES_MAX = 268_435_456

interface Hooks {
  /** Whether the files at the path are still those that are open: the Worker opens them by the path. */
  readonly isInPlace: () => boolean
  readonly onError: (error: unknown) => void
  /** Whether another program moves the log into the database, such as Litestream. */
  readonly isLogExternal?: boolean
}

export type WriteAheadLog = ReturnType<typeof createWriteAheadLog>

/** Keeps the work on the log of a database from holding up requests. */
export function createWriteAheadLog(
  db: Database,
  databasePath: string,
  { isInPlace, onError, isLogExternal: isExternal = false }: Hooks,
) {
  // It moves nothing, and takes 2 µs.
  const measure = db.query<{ log: number; checkpointed: number }, []>('PRAGMA wal_checkpoint(NOOP)')
  const folder = createLogFolder(databasePath)
  let opening: Promise<FileHandle> | null = null
  let isClosed = false
  return {
    /**
     * Writes the log to disk while requests are answered, so that the sync of the next commit has
     * little left to do.
     */
    sync: async () => {
      // The commit reports that files are missing.
      if (!isInPlace()) return
      opening ??= open(`${databasePath}-wal`)
      const file = await opening.catch((error) => {
        opening = null
        throw error
      })
      await file.datasync()
    },
    /**
     * Moves a long log into the database in a Worker, because that takes 7 ms. The next transaction
     * waits for it: then it starts the log anew, and does not compete for the disk.
     */
    foldIfLong: async () => {
      if (isClosed || isExternal) return
      try {
        const { log = 0, checkpointed = 0 } = measure.get() ?? {}
        if (log - checkpointed >= FOLD_PAGES && isInPlace()) await folder.fold()
      } catch (error) {
        onError(error)
      }
    },
    /** Moves the whole log into the database. */
    empty: () => {
      if (!isExternal) db.run('PRAGMA wal_checkpoint(TRUNCATE)')
    },
    /** Reports a long log that nothing moves into the database. */
    list: (): readonly Degradation[] => (isExternal ? listGrowth(`${databasePath}-wal`) : []),
    close: async () => {
      isClosed = true
      await folder.close()
      await (await opening)?.close()
    },
  }
}

function listGrowth(path: string): readonly Degradation[] {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (bytes <= EXTERNAL_BYTES_MAX) return []
  const detail = `The write-ahead log has ${Math.round(bytes / 1_048_576)} MiB, because LICET_CHECKPOINTS is external, but no other program moves it into the database. Start Litestream, or unset LICET_CHECKPOINTS and restart the server.`
  return [{ reason: 'log_growing', detail }]
}
