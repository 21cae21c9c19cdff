import { Database } from 'bun:sqlite'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import { createDataDirectory } from '~/platform/data-directory.ts'
import { isBusy } from '~/platform/sqlite-errors.ts'
import { giveToOwner } from '~/platform/sqlite-files.ts'
import { listPendingMigrations, migrate } from '~/platform/sqlite-migrations.ts'
import { UNFINISHED_MOVE } from '~/store/shared/unfinished-move.ts'
import { applyPragmas, databasePath, foldLog } from '~/store/sqlite/connection.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { checkPosition } from '~/store/sqlite/files/position.ts'
import { findDatabase } from '~/store/sqlite/files/presence.ts'
import { usagePath } from '~/usage/file.ts'
import { foldAll } from '~/usage/fold-all.ts'
import { prepareUsageFile } from '~/usage/prepare.ts'
import type { Counters, Sample, Source, Target } from './end.ts'
import { createSqliteRows } from './sqlite.ts'
import type { Table } from './table.ts'

const BUSY_TIMEOUT_MS = 2000
/** Names that may exist in a directory to which a database is moved. */
const OWN_FILES = /^(?:master\.secret|lock\.sqlite(?:-journal)?|lost\+found)$/
const MOVED_FILES = /^(?:licet|usage)\.sqlite(?:-wal|-shm)?$/

/**
 * Opens the database of a data directory, and locks both, so that neither a server nor a command
 * changes it. Throws a Fault if one is running, or if the database is of an earlier version.
 */
export function openSourceDirectory(directory: string, tables: readonly Table[]): Source {
  if (!findDatabase(directory)) {
    throw new Fault('not_found', `There is no database in ${directory}.`)
  }
  using stack = new DisposableStack()
  stack.use(lockDirectory(directory, `A server is using ${directory}. Stop it, then move again.`))
  const db = stack.use(new Database(databasePath(directory), { readwrite: true, create: false }))
  applyPragmas(db)
  checkPosition(db, directory)
  if (listPendingMigrations(db, migrations).length > 0) {
    const detail = `The database in ${directory} is of an earlier version. Start a server of this version on it once, and stop it.`
    throw new Fault('unavailable', detail)
  }
  foldUsage(directory)
  attachUsage(db, directory)
  lockDatabase(db, directory)
  const { readCounter, ...rows } = createSqliteRows(db)
  const selectMeta = db.query<{ value: string }, [string]>('SELECT value FROM meta WHERE name = ?')
  const readMeta = async (name: string) => selectMeta.get(name)?.value ?? null
  const opened = stack.move()
  return {
    ...rows,
    tables,
    readMeta,
    readCounters: async () => {
      const counted = tables.filter(({ sqlite }) => sqlite.counter !== null)
      return new Map(counted.map(({ name, sqlite }) => [name, readCounter(sqlite)]))
    },
    requireUnused: async () => undefined,
    [Symbol.asyncDispose]: async () => {
      db.run('ROLLBACK')
      opened.dispose()
    },
  }
}

/** Counts the validations that wait for it, so that nothing is left behind. */
function foldUsage(directory: string): void {
  const setAside = prepareUsage(directory)
  if (setAside !== null) {
    const detail = `The usage file was damaged: ${setAside.reason}. It was set aside as ${setAside.path}, and a new one has its counters. Run licet move again to move those.`
    throw new Fault('unavailable', detail)
  }
  foldAll(directory)
}

const prepareUsage = (directory: string) =>
  prepareUsageFile({
    directory,
    databasePath: databasePath(directory),
    isLocked: true,
    beforeMigrating: () => undefined,
  })

function attachUsage(db: Database, directory: string): void {
  db.run('ATTACH ? AS usage', [usagePath(directory)])
}

/** A command, such as one that creates a license, would otherwise change rows that were moved. */
function lockDatabase(db: Database, directory: string): void {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  try {
    db.run('BEGIN IMMEDIATE')
  } catch (error) {
    if (!isBusy(error)) throw error
    const detail = `Another command is using the database in ${directory}. Wait for it to finish, then move again.`
    throw new Fault('in_use', detail, { cause: error })
  }
}

/** Creates a database in a directory, or opens one that a move has not finished. Throws a Fault if it has other files. */
export function openTargetDirectory(directory: string, tables: readonly Table[]): Target {
  createDataDirectory(directory)
  using stack = new DisposableStack()
  stack.use(lockDirectory(directory, `${directory} is in use, by a server or by another move.`))
  requireNoOtherFiles(directory)
  const path = databasePath(directory)
  const db = stack.use(new Database(path, { create: true, strict: true }))
  giveToOwner(path)
  applyPragmas(db)
  migrate(db, migrations)
  prepareUsage(directory)
  attachUsage(db, directory)
  const { insert, setCounter, ...reading } = createSqliteRows(db)
  const progress = db.query<{ value: string }, [string]>('SELECT value FROM meta WHERE name = ?')
  const opened = stack.move()
  return {
    ...reading,
    readProgress: async () => progress.get(UNFINISHED_MOVE)?.value ?? null,
    write: async (table, rows, state) =>
      db.transaction(() => {
        insert(table, rows)
        db.run('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)', [UNFINISHED_MOVE, state])
      })(),
    finish: async (counters: Counters) => {
      db.transaction(() => {
        for (const { name, sqlite } of tables) {
          const number = counters.get(name) ?? 0
          if (sqlite.counter !== null && number > 0) setCounter(sqlite, number)
        }
        db.run('DELETE FROM meta WHERE name = ?', [UNFINISHED_MOVE])
      })()
      foldLog(db)
    },
    [Symbol.asyncDispose]: async () => opened.dispose(),
  }
}

function requireNoOtherFiles(directory: string): void {
  const others = readdirSync(directory).filter((name) => !OWN_FILES.test(name))
  const isUnfinished = hasUnfinishedMove(directory)
  const strange = isUnfinished ? others.filter((name) => !MOVED_FILES.test(name)) : others
  if (strange.length === 0) return
  const detail = `The directory ${directory} is not empty: it contains ${strange.sort().join(', ')}. Choose a new one.`
  throw new Fault('already_exists', detail)
}

function hasUnfinishedMove(directory: string): boolean {
  const file = statSync(databasePath(directory), { throwIfNoEntry: false })
  if (file === undefined) return false
  // It was killed before the first row.
  if (file.size === 0) return true
  using db = new Database(databasePath(directory), { readwrite: true, create: false })
  const table = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get()
  if (table === null) return true
  const rows = db.query<{ name: string }, []>('SELECT name FROM meta').all()
  return rows.length === 0 || rows.some(({ name }) => name === UNFINISHED_MOVE)
}

/** Throws a Fault if `openTargetDirectory` would, without creating anything. */
export function requireEmptyDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false }) !== undefined) requireNoOtherFiles(directory)
}

/** Opens a new database in a temporary directory, to try out how long writing takes. */
export function openSampleDirectory(): Sample {
  const directory = mkdtempSync(join(tmpdir(), 'licet-move-'))
  const db = new Database(databasePath(directory), { create: true, strict: true })
  applyPragmas(db)
  migrate(db, migrations)
  prepareUsage(directory)
  attachUsage(db, directory)
  // Samples contain rows without those that they refer to.
  db.run('PRAGMA foreign_keys = OFF')
  const { engine, read, insert } = createSqliteRows(db)
  return {
    engine,
    read,
    write: async (table, rows) => db.transaction(() => insert(table, rows))(),
    [Symbol.asyncDispose]: async () => {
      db.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
