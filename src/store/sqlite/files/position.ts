import { Database } from 'bun:sqlite'
import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import { giveToOwner } from '~/platform/sqlite-files.ts'
import { databasePath } from '../connection.ts'
import { type AuditHead, hasAuditRow, readAuditHead } from './audit-chain.ts'
import { restoreAdvice } from './presence.ts'

/** So that each number overwrites the one before it. */
const DIGITS = 16
const HASH_CHARACTERS = 64

/**
 * The path of a file with the number of rows that were ever added to the database, and the number
 * and hash of the last row of the audit. Without it, a database whose -wal file was deleted would
 * look like one that never had the latest changes, and an audit could be replaced by another one.
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

/** Returns how the audit of a directory differs from what was recorded; null if it does not. */
export function inspectAuditHead(directory: string): string | null {
  const { head } = readRecorded(directory)
  using db = new Database(databasePath(directory), { readonly: true })
  if (head === null || hasAuditRow(db, head)) return null
  return `row ${head.number} is not the one whose hash is in ${positionPath(directory)}. Someone has changed the audit, or the database was replaced by an older copy. To accept it as it is, stop the server and delete that file`
}

/** Returns what was lost since the position was last recorded; null if nothing was. */
function findLostChanges(db: Database, directory: string): string | null {
  // Read first, because a server may be adding rows.
  const { position: recorded } = readRecorded(directory)
  const position = readPosition(db)
  if (position >= recorded) return null
  return `it has lost its latest changes: ${recorded - position} rows are missing. Perhaps its -wal file was deleted, or an older copy was put in its place`
}

/** Records the position of the database, now and after each commit. `record` never throws. */
export function createPositionRecorder(
  db: Database,
  directory: string,
  onError: (error: unknown) => void,
) {
  const known = readRecorded(directory).head
  // The hash of an audit that was changed remains, so that every check fails until it is accepted.
  const kept = known === null || hasAuditRow(db, known) ? null : known
  if (kept !== null)
    onError(new Error('The audit was changed by another program: see licet check.'))
  let file: number | null = null
  let last = 0
  const record = () => {
    try {
      const position = readPosition(db)
      if (position === last) return
      file ??= openPosition(directory)
      writeSync(file, formatRecorded(position, kept ?? readAuditHead(db)), 0)
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

interface Recorded {
  readonly position: number
  readonly head: AuditHead | null
}

function formatRecorded(position: number, head: AuditHead | null): string {
  const { number, hash } = head ?? { number: 0, hash: '0'.repeat(HASH_CHARACTERS) }
  return [position, number].map((each) => String(each).padStart(DIGITS)).join('') + hash
}

function readRecorded(directory: string): Recorded {
  try {
    const text = readFileSync(positionPath(directory), 'latin1')
    const number = Number(text.slice(DIGITS, 2 * DIGITS))
    const hash = text.slice(2 * DIGITS, 2 * DIGITS + HASH_CHARACTERS)
    const isHead = number > 0 && hash.length === HASH_CHARACTERS
    return {
      position: Number(text.slice(0, DIGITS)) || 0,
      head: isHead ? { number, hash } : null,
    }
  } catch {
    return { position: 0, head: null }
  }
}
