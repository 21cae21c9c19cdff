import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { rewriteFile, useLog } from '~/platform/sqlite-files.ts'
import { createDeletions } from './deletions.ts'
import { createEdgeBatches, type EdgePart } from './edge-batches.ts'
import { createErasures } from './erasures.ts'
import { createCountQueries, createFindNumber, createListQueries } from './queries.ts'
import { createSharingWatch } from './sharing.ts'
import { createWriter } from './writes.ts'

/** A reader waits at most three times: for the write in progress, for the next one, and itself. */
export const BUSY_TIMEOUT_MS = 500
const CACHE_KIB = 65_536
/** High, so that pages which many batches change are copied into the file once. */
const CHECKPOINT_PAGES = 8000
const WAL_BYTES_MAX = 67_108_864

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
  const erasures = createErasures(db)
  const edgeBatches = createEdgeBatches(db)
  const takeNew = (parts: readonly EdgePart[]) => edgeBatches.takeNew(parts).map(erasures.redact)
  const writer = createWriter(db, findNumber, takeNew)
  const selectBatch = db.query<{ number: number }, []>('SELECT number FROM batches')

  /** Returns the licenses that now exceed a sharing threshold, and the last folded batch of each shard. */
  const report = () => ({
    exceeding: sharing.check(writer.takeWatched()),
    lastFolded: writer.listLastFolded(),
  })

  /** Folds what a query of a license, or of all (null), has to include. */
  const foldFor = (licenseId: string | null): void => {
    if (isLocked) tryToFold(db, () => writer.fold(licenseId === null ? null : [licenseId]))
  }
  const afterFold = createAfterFold(foldFor)

  /** Does not wait for readers, because the next maintenance runs a checkpoint again. */
  const foldLog = () => withoutWaiting(db, () => db.run('PRAGMA wal_checkpoint(TRUNCATE)'))

  return {
    list: afterFold(lists.list),
    listMany: lists.listMany,
    export: (...args: Parameters<typeof lists.export>) => {
      if (args[1] === null) foldFor(null)
      return lists.export(...args)
    },
    listCounts: afterFold(counts.listCounts),
    listSeries: afterFold(counts.listSeries),
    countDevices: afterFold(counts.countDevices),
    /** Returns the number of the last batch in the file. */
    readLastBatch: (): number => selectBatch.get()?.number ?? 0,
    /** Returns the number of the last batch of a run of an edge. */
    readLastOfEdge: edgeBatches.readLast,
    /** Writes a batch once, with the batches of edges in it. */
    write(number: number, text: string, parts: readonly EdgePart[] = []) {
      writer.write(number, text, parts)
      return report()
    },
    /** Folds the part of the staged batches whose turn it is. */
    foldDue() {
      if (isLocked) writer.foldDue()
      return report()
    },
    trim: deletions.trim,
    /** Redacts the validations of these licenses up to now, in the log as well. Returns how many. */
    erase(licenseIds: readonly string[], nowMs: number): number {
      erasures.record(licenseIds, nowMs)
      if (isLocked) writer.fold(licenseIds)
      writer.forget()
      for (const id of licenseIds) sharing.forget(id)
      const count = deletions.redact(licenseIds)
      foldLog()
      return count
    },
    foldLog,
    /** Writes the file again, because the open one was moved or deleted. */
    rewrite: () => rewriteFile(db, usagePath(directory)),
    close: () => db.close(),
  }
}

/** The next fold that is due meets the same error and reports it. The file can still be read. */
function tryToFold(db: Database, fold: () => void): void {
  try {
    withoutWaiting(db, fold)
  } catch {
    // See above.
  }
}

/** Returns a function that makes a query of a license include all batches that were written before. */
const createAfterFold =
  (foldFor: (licenseId: string | null) => void) =>
  <License extends string | null, Args extends unknown[], Result>(
    query: (licenseId: License, ...args: Args) => Result,
  ) =>
  (licenseId: License, ...args: Args): Result => {
    foldFor(licenseId)
    return query(licenseId, ...args)
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
