import { Database } from 'bun:sqlite'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ValidationRecord } from '~/domain/usage.ts'
import { BUSY_TIMEOUT_MS, openUsageFile, usagePath } from './file.ts'
import { formatRecord } from './records.ts'
import { createRepeats } from './repeats.ts'
import { createStagedTable } from './staged.ts'

/**
 * Upgrades a data directory of version 0.1.0, which had `history.sqlite`, journals of batches that
 * were not in it yet, and a table of times at which activations were last seen. Each step can be
 * repeated after an interruption. This file can be deleted when 0.1.0 is no longer in use.
 */

const JOURNAL = /^history-(\d+)\.journal$/

const formerPath = (directory: string) => join(directory, 'history.sqlite')

/** Returns the path of the usage file, also in a directory that was not upgraded yet. */
export function findUsageFile(directory: string): string {
  const paths = [usagePath(directory), formerPath(directory)]
  return paths.find((path) => existsSync(path)) ?? usagePath(directory)
}

/** Gives the former file its new name. Calls `beforeMigrating` first if there is anything to do. */
export function renameFormerFile(directory: string, beforeMigrating: () => void): void {
  const hasFormer = existsSync(formerPath(directory)) && !existsSync(usagePath(directory))
  if (!hasFormer && listJournals(directory).length === 0) return
  beforeMigrating()
  if (!hasFormer) return
  foldLog(formerPath(directory))
  renameSync(formerPath(directory), usagePath(directory))
}

/** Folds the log into the file, because a log cannot be renamed together with it. */
function foldLog(path: string): void {
  using db = new Database(path, { readwrite: true, create: false })
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  db.run('PRAGMA journal_mode = DELETE')
}

/** Moves the times at which activations were last seen to the main database. */
export function moveLastSeen(db: Database, databasePath: string): void {
  if (db.query("SELECT 1 FROM sqlite_schema WHERE name = 'sightings'").get() === null) return
  db.run('ATTACH ? AS base', [databasePath])
  db.run(`UPDATE base.activations SET last_seen_at_ms = max(last_seen_at_ms, at_ms)
    FROM sightings WHERE activation_id = base.activations.id`)
  db.run('DETACH base')
}

/** Divides batches into shards that a version without shards has staged. */
export function divideStaged(db: Database): void {
  const insert = createStagedTable(db).insert
  const divide = db.transaction(() => {
    const repeats = createRepeats()
    const batches = db.query<{ number: number; text: string }, []>(
      'SELECT number, text FROM staged_batches ORDER BY number',
    )
    for (const { number, text } of batches.all()) {
      repeats.add(text)
      insert(number, repeats.takeStaged())
    }
    db.run('DELETE FROM staged_batches')
  })
  divide.immediate()
}

interface Sighting {
  readonly activationIds: readonly string[]
  readonly atMs: number
}

interface JournalEntry {
  readonly kept: readonly (ValidationRecord & Sighting)[]
  readonly counted: readonly (ValidationRecord & Sighting)[]
  readonly sightings: readonly Sighting[]
}

/** Writes the batches in the journals that the file does not have yet, then deletes the journals. */
export function importJournals(directory: string, databasePath: string): void {
  const journals = listJournals(directory)
  if (journals.length === 0) return
  using db = new Database(databasePath, { strict: true })
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  const file = openUsageFile(directory, { isLocked: true })
  try {
    for (const { number, path } of journals) {
      const entries = readEntries(path)
      writeLastSeen(db, entries)
      const records = entries.flatMap(({ kept, counted }) => [...kept, ...counted])
      file.write(number, records.map(formatRecord).join('\n'))
    }
  } finally {
    file.close()
  }
  for (const { path } of journals) rmSync(path)
}

function listJournals(directory: string) {
  return readdirSync(directory)
    .flatMap((name) => {
      const number = JOURNAL.exec(name)?.[1]
      return number === undefined ? [] : [{ number: Number(number), path: join(directory, name) }]
    })
    .sort((one, other) => one.number - other.number)
}

/** Reads an entry per line. Lines that a crash or a full disk cut off are skipped. */
function readEntries(path: string): readonly JournalEntry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => parseEntry(line) ?? [])
}

function parseEntry(line: string): JournalEntry | null {
  try {
    const entry = JSON.parse(line) as JournalEntry
    return [entry.kept, entry.counted, entry.sightings].every(Array.isArray) ? entry : null
  } catch {
    return null
  }
}

function writeLastSeen(db: Database, entries: readonly JournalEntry[]): void {
  const update = db.query(
    'UPDATE activations SET last_seen_at_ms = max(last_seen_at_ms, ?) WHERE id = ?',
  )
  const updateAll = db.transaction(() => {
    for (const { kept, counted, sightings } of entries) {
      const valid = [...kept, ...counted].filter(({ error }) => error === null)
      for (const { activationIds, atMs } of [...valid, ...sightings]) {
        for (const id of activationIds) update.run(atMs, id)
      }
    }
  })
  updateAll.immediate()
}
