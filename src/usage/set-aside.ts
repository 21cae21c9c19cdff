import { Database } from 'bun:sqlite'
import { existsSync, readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { toFileStamp } from '~/domain/times.ts'
import { usagePath } from './file.ts'
import { findUsageFile } from './upgrade.ts'

const SET_ASIDE = /^usage\.sqlite\.(?:damaged|newer)-[\d-]+T[\d-]+Z(?:-wal)?$/
const SUFFIXES = ['', '-wal', '-shm', '-journal']

/** A usage file that could not be used, and where it is now. */
export interface SetAside {
  readonly path: string
  readonly reason: string
}

/** Moves the usage file away together with its log, so that a new one can be created. */
export function setUsageFileAside(directory: string, kind: 'damaged' | 'newer'): string {
  const source = findUsageFile(directory)
  const stamp = toFileStamp(Date.now())
  const target = `${usagePath(directory)}.${kind}-${stamp}`
  for (const suffix of SUFFIXES) {
    if (existsSync(source + suffix)) renameSync(source + suffix, target + suffix)
  }
  return target
}

/** Returns the paths of the usage files that were set aside and are still in the directory. */
export function listSetAside(directory: string): readonly string[] {
  const isEmpty = (name: string) => statSync(join(directory, name)).size === 0
  const names = tryToList(directory)
    // An empty log says nothing, and may be left behind.
    .filter((name) => SET_ASIDE.test(name) && !(name.endsWith('-wal') && isEmpty(name)))
    .map((name) => name.replace(/-wal$/, ''))
  return [...new Set(names)].sort().map((name) => join(directory, name))
}

/** A directory that cannot be read at the moment is reported by whatever needs its files. */
function tryToList(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/**
 * Returns why the file must not be opened; null if it may be, or does not exist. SQLite would take an
 * empty file for a new one, and delete a log that has lost its file.
 */
export function findFileProblem(path: string): string | null {
  const file = statSync(path, { throwIfNoEntry: false })
  if (file === undefined) {
    const logBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
    return logBytes > 0 ? 'only its -wal file is left' : null
  }
  if (!file.isFile()) return 'it is not a file'
  return file.size === 0 ? 'it is empty' : null
}

interface Row {
  readonly id: string
  readonly validation_count: number
  readonly last_validated_at_ms: number
}

interface BatchRow {
  readonly edge_id: string
  readonly run: string
  readonly number: number
  readonly at_ms: number
}

interface ErasureRow {
  readonly license_id: string
  readonly at_ms: number
}

/** Copies what can still be read in a damaged file into the new one: counters, and batches of edges. */
export function salvageCounters(db: Database, damagedPath: string): void {
  const add = db.query(
    `INSERT INTO licenses (id, validation_count, last_validated_at_ms) VALUES (?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET
       validation_count = max(validation_count, excluded.validation_count),
       last_validated_at_ms = max(last_validated_at_ms, excluded.last_validated_at_ms)`,
  )
  const addAll = db.transaction(() => {
    // From both ends, so that only the rows between two damaged pages are lost.
    for (const order of ['ASC', 'DESC']) {
      for (const row of readUntilDamage(damagedPath, order)) {
        add.run(row.id, row.validation_count, row.last_validated_at_ms)
      }
    }
  })
  addAll.immediate()
  salvageEdges(db, damagedPath)
}

/** So a batch of an edge that the counters include is not counted again. */
function salvageEdges(db: Database, damagedPath: string): void {
  const insertBatch = db.query('INSERT OR IGNORE INTO edge_batches VALUES (?, ?, ?, ?)')
  const insertErasure = db.query('INSERT OR IGNORE INTO erasures VALUES (?, ?)')
  for (const row of read<BatchRow>(damagedPath, 'SELECT * FROM edge_batches')) {
    insertBatch.run(row.edge_id, row.run, row.number, row.at_ms)
  }
  for (const row of read<ErasureRow>(damagedPath, 'SELECT * FROM erasures')) {
    insertErasure.run(row.license_id, row.at_ms)
  }
}

const readUntilDamage = (path: string, order: string) =>
  read<Row>(
    path,
    `SELECT id, validation_count, last_validated_at_ms FROM licenses
     WHERE typeof(id) = 'text' ORDER BY position ${order}`,
  )

function* read<Found>(path: string, sql: string): Generator<Found> {
  try {
    // Opening a pipe would wait for a writer.
    if (!statSync(path).isFile()) return
    using db = new Database(path, { readonly: true })
    yield* db.query<Found, []>(sql).iterate()
  } catch {
    // The rest cannot be read. The file is kept, so nothing is lost that a tool could still recover.
  }
}
