import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { rewriteFile, useLog } from '~/platform/sqlite-files.ts'
import { createDeletions } from './deletions.ts'
import { createCountQueries, createFindNumber, createListQueries } from './queries.ts'
import { createSharingWatch } from './sharing.ts'
import { createWriter } from './writes.ts'

/** A reader waits at most three times: for the write in progress, for the next one, and itself. */
export const BUSY_TIMEOUT_MS = 500
const CACHE_KIB = 65_536
/** High, so that pages which many batches change are copied into the file once. */
const CHECKPOINT_PAGES = 8000
const WAL_BYTES_MAX = 67_108_864
/** When staged batches are folded that no later batch or query has folded. */
const FOLD_AFTER_MS = 60_000

export type UsageFile = ReturnType<typeof openUsageFile>

/** Returns the path of the usage file in a data directory. */
export const usagePath = (directory: string) => join(directory, 'usage.sqlite')

/**
 * Opens the usage file of a data directory, which `prepareUsageFile` has migrated. All methods are
 * synchronous: they run in a Worker, where they may take their time. Only the process that has locked the
 * directory folds staged batches, because it has them in memory.
 */
export function openUsageFile(directory: string, { isLocked }: { readonly isLocked: boolean }) {
  const db = new Database(usagePath(directory), { readwrite: true, create: false, strict: true })
  applyPragmas(db)
  const findNumber = createFindNumber(db)
  const lists = createListQueries(db, findNumber)
  const counts = createCountQueries(db, findNumber)
  const deletions = createDeletions(db, findNumber, lists.listDays)
  const sharing = createSharingWatch(db, findNumber)
  const writer = createWriter(db, findNumber)
  const folding = createFolding(() => {
    if (isLocked && writer.hasStaged()) withoutWaiting(db, writer.fold)
  })
  const selectBatch = db.query<{ number: number }, []>('SELECT number FROM batches')
  function write(number: number, text: string) {
    const exceeding = sharing.check(writer.write(number, text))
    if (writer.hasStaged()) folding.start()
    return { exceeding, lastFolded: writer.readLastFolded() }
  }

  /** Returns a query that includes all batches that were written before. */
  const afterFold =
    <Args extends unknown[], Result>(query: (...args: Args) => Result) =>
    (...args: Args): Result => {
      folding.run()
      return query(...args)
    }

  /** Does not wait for readers, because the next maintenance runs a checkpoint again. */
  const foldLog = () => withoutWaiting(db, () => db.run('PRAGMA wal_checkpoint(TRUNCATE)'))

  return {
    list: afterFold(lists.list),
    listMany: lists.listMany,
    export: afterFold(lists.export),
    listCounts: afterFold(counts.listCounts),
    listSeries: afterFold(counts.listSeries),
    countDevices: afterFold(counts.countDevices),
    /** Returns the number of the last batch in the file. */
    readLastBatch: (): number => selectBatch.get()?.number ?? 0,
    /**
     * Writes a batch once. Returns the licenses that now exceed a sharing threshold, and the number of
     * the last batch that the counters in the file include.
     */
    write,
    trim: deletions.trim,
    /** Redacts the validations of these licenses, in the log as well. Returns how many. */
    erase(licenseIds: readonly string[]): number {
      if (isLocked) writer.fold()
      writer.forget()
      for (const id of licenseIds) sharing.forget(id)
      const count = deletions.redact(licenseIds)
      foldLog()
      return count
    },
    foldLog,
    /** Writes the file again, because the open one was moved or deleted. */
    rewrite: () => rewriteFile(db, usagePath(directory)),
    /** Counts staged batches. */
    fold: folding.run,
    close: () => db.close(),
  }
}

/** Folds staged batches when a query needs them, or after a minute. */
function createFolding(fold: () => void) {
  let timer: Timer | null = null

  function run(): void {
    clearTimeout(timer ?? undefined)
    timer = null
    try {
      fold()
    } catch {
      // The next write meets the same error and reports it. What is in the file can still be read.
    }
  }

  function start(): void {
    timer ??= setTimeout(run, FOLD_AFTER_MS).unref()
  }

  return { run, start }
}

/** Fails at once if another program has locked the file. */
function withoutWaiting(db: Database, run: () => void): void {
  db.run('PRAGMA busy_timeout = 0')
  try {
    run()
  } finally {
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }
}

function applyPragmas(db: Database): void {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  useLog(db)
  // Each batch is one sync, which no request waits for.
  db.run('PRAGMA synchronous = FULL')
  db.run('PRAGMA trusted_schema = OFF')
  // Erased values are overwritten in the file.
  db.run('PRAGMA secure_delete = ON')
  db.run('PRAGMA temp_store = MEMORY')
  // No memory map, because an export would fill it with the whole file.
  db.run(`PRAGMA cache_size = -${CACHE_KIB}`)
  db.run(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  db.run(`PRAGMA journal_size_limit = ${WAL_BYTES_MAX}`)
}
