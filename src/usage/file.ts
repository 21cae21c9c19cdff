import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { rewriteFile, useLog } from '~/platform/sqlite-files.ts'
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
  const { listDays, list, export: exportChunk } = createListQueries(db, findNumber)
  const counts = createCountQueries(db, findNumber)
  const sharing = createSharingWatch(db, findNumber)
  const writer = createWriter(db, findNumber)
  const selectBatch = db.query<{ number: number }, []>('SELECT number FROM batches')
  const deleteOldest = db.query(
    `DELETE FROM validations WHERE (day, license, at_ms, nth) IN
       (SELECT day, license, at_ms, nth FROM validations WHERE day < ? ORDER BY 1, 2, 3, 4 LIMIT ?)`,
  )
  const redactDay = db.query(
    `UPDATE validations SET address = NULL, fingerprint = NULL
     WHERE day = ? AND license = ? AND (address IS NOT NULL OR fingerprint IS NOT NULL)`,
  )
  const redact = db.transaction((license: number) =>
    listDays().reduce((count, day) => count + redactDay.run(day, license).changes, 0),
  )

  let foldTimer: Timer | null = null

  function write(number: number, text: string) {
    const exceeding = sharing.check(writer.write(number, text))
    const lastFolded = writer.readLastFolded()
    if (lastFolded < number) foldTimer ??= setTimeout(fold, FOLD_AFTER_MS).unref()
    return { exceeding, lastFolded }
  }

  /** While the file cannot be written, what is in it can still be read. */
  function fold(): void {
    clearTimeout(foldTimer ?? undefined)
    foldTimer = null
    if (!isLocked) return
    try {
      writer.fold()
    } catch {
      // The next write meets the same error and reports it.
    }
  }

  /** Returns a query that includes all batches that were written before. */
  const afterFold =
    <Args extends unknown[], Result>(query: (...args: Args) => Result) =>
    (...args: Args): Result => {
      fold()
      return query(...args)
    }

  function erase(licenseId: string): number {
    sharing.forget(licenseId)
    const license = findNumber(licenseId)
    return license === null ? 0 : redact.immediate(license)
  }

  /** Does not wait for readers, because the next maintenance runs a checkpoint again. */
  function foldLog(): void {
    db.run('PRAGMA busy_timeout = 0')
    db.run('PRAGMA wal_checkpoint(TRUNCATE)')
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }

  return {
    list: afterFold(list),
    export: afterFold(exportChunk),
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
    /** Deletes up to `max` individual validations of days before `day`. Returns how many. */
    trim: (day: number, max: number): number => deleteOldest.run(day, max).changes,
    /** Redacts the validations of these licenses, in the log as well. Returns how many. */
    erase(licenseIds: readonly string[]): number {
      if (isLocked) writer.fold()
      writer.forget()
      const count = licenseIds.reduce((sum, id) => sum + erase(id), 0)
      foldLog()
      return count
    },
    foldLog,
    /** Writes the file again, because the open one was moved or deleted. */
    rewrite: () => rewriteFile(db, usagePath(directory)),
    close: () => {
      fold()
      db.close()
    },
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
