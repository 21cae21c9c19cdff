import { Database } from 'bun:sqlite'
import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import { giveToOwner } from '~/platform/sqlite-files.ts'
import { databasePath } from '../connection.ts'
import { restoreAdvice } from './presence.ts'

/** So that each number overwrites the one before it. */
const DIGITS = 16

/**
 * The path of a file with the number of rows that were ever added to the database. Without it, a
 * database whose -wal file was deleted would look like one that never had the latest changes.
 */
const positionPath = (directory: string) => join(directory, 'licet.position')

/** Throws a Fault if the database has lost changes since its position was last recorded. */
export function checkPosition(db: Database, directory: string): void {
  const problem = findLostChanges(db, directory)
  if (problem === null) return
  const path = databasePath(directory)
  const detail = `The database ${path} cannot be used: ${problem}. ${restoreAdvice(path)} To continue without these changes, delete ${positionPath(directory)}.`
  throw new Fault('unavailable', detail)
}

/** Returns what the database of a directory has lost; null if nothing. */
export function inspectPosition(directory: string): string | null {
  using db = new Database(databasePath(directory), { readonly: true })
  return findLostChanges(db, directory)
}

/** Returns what was lost since the position was last recorded; null if nothing was. */
function findLostChanges(db: Database, directory: string): string | null {
  // Read first, because a server may be adding rows.
  const recorded = readRecorded(directory)
  const position = readPosition(db)
  if (position >= recorded) return null
  return `it has lost its latest changes: ${recorded - position} rows are missing. Perhaps its -wal file was deleted, or an older copy was put in its place`
}

/** Records the position of the database, now and after each commit. `record` never throws. */
export function createPositionRecorder(db: Database, directory: string) {
  let file: number | null = null
  let last = 0
  const record = () => {
    try {
      const position = readPosition(db)
      if (position === last) return
      file ??= openPosition(directory)
      writeSync(file, String(position).padStart(DIGITS), 0)
      last = position
    } catch {
      // On a full disk the file stays behind the database, which is harmless.
    }
  }
  record()
  const close = () => {
    if (file !== null) closeSync(file)
  }
  return { record, close }
}

function openPosition(directory: string): number {
  const path = positionPath(directory)
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600)
  giveToOwner(path)
  return file
}

/** Accepts the database as it is, because it was replaced on purpose. */
export function forgetPosition(directory: string): void {
  rmSync(positionPath(directory), { force: true })
}

function readPosition(db: Database): number {
  // A database without any table of ours does not have this table either.
  const table = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get()
  if (table === null) return 0
  // The numbers of revocations are times.
  const sum =
    "SELECT coalesce(sum(seq), 0) AS position FROM sqlite_sequence WHERE name <> 'revocations'"
  return db.query<{ position: number }, []>(sum).get()?.position ?? 0
}

function readRecorded(directory: string): number {
  try {
    return Number(readFileSync(positionPath(directory), 'utf8')) || 0
  } catch {
    return 0
  }
}
