import { Database } from 'bun:sqlite'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import { isDamage } from '~/platform/sqlite-errors.ts'
import { SECRET_CHECK } from '../../shared/secret-check.ts'
import { databasePath } from '../connection.ts'

/** Files that only exist in a directory whose database has been used. */
const TRACES = /^(?:admin\.token|(?:usage|history)\.sqlite.*|backups)$/
/** The secret is written once the database has its tables, and its log is never without them. */
const TRACES_OF_TABLES = /^(?:master\.secret|licet\.sqlite-wal)$/

/**
 * Returns whether the directory has a database that is in use; false if a new one may be created.
 * Throws a Fault if the database is missing or empty, although other files show that there was one.
 */
export function findDatabase(directory: string): boolean {
  const path = databasePath(directory)
  const { problem, hasTables, isInUse } = inspect(path)
  if (isInUse) return true
  const traces = listNames(directory).filter(
    (name) => TRACES.test(name) || (!hasTables && TRACES_OF_TABLES.test(name)),
  )
  if (traces.length === 0) return false
  throw new Fault(
    'not_found',
    `The database ${path} ${problem}, but there was one: ${traces.join(', ')} ${traces.length === 1 ? 'is' : 'are'} still there. ${restoreAdvice(path)} To start over with an empty database, first move everything out of ${directory}.`,
  )
}

/** Says how to get a database back. */
export function restoreAdvice(path: string): string {
  const name = basename(path)
  return `Put back ${name} together with its ${name}-wal, or restore a backup with: licet restore FILE.`
}

function listNames(directory: string): readonly string[] {
  const hasContent = (name: string) =>
    name !== 'backups' || readdirSync(join(directory, name)).length > 0
  return existsSync(directory) ? readdirSync(directory).filter(hasContent).sort() : []
}

function inspect(path: string) {
  const absent = { hasTables: false, isInUse: false }
  const file = statSync(path, { throwIfNoEntry: false })
  if (file === undefined) return { ...absent, problem: 'is missing' }
  if (!file.isFile()) throw damaged(path, 'it is not a file')
  // SQLite would take it for a new one, and delete its log.
  if (file.size === 0) return { ...absent, problem: 'is empty' }
  try {
    using db = new Database(path, { readonly: true })
    const hasTables = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== null
    if (!hasTables) return { ...absent, problem: 'is empty, perhaps because its -wal file is lost' }
    const isInUse = db.query('SELECT 1 FROM meta WHERE name = ?').get(SECRET_CHECK) !== null
    return { hasTables, isInUse, problem: 'has lost its contents, perhaps with its -wal file' }
  } catch (error) {
    throw isDamage(error) ? damaged(path, error.message) : error
  }
}

function damaged(path: string, reason: string): Fault {
  return new Fault(
    'unavailable',
    `The database ${path} is damaged: ${reason}. ${restoreAdvice(path)}`,
  )
}
