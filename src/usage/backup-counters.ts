import { Database, SQLiteError } from 'bun:sqlite'
import { existsSync, lstatSync } from 'node:fs'
import { copyEdgesToBackup, dropRestoredEdges, restoreEdges } from './backup-edges.ts'
import { BUSY_TIMEOUT_MS } from './file.ts'
import { findFileProblem } from './set-aside.ts'
import { readStagedCounters } from './staged.ts'

/** The name in the table `meta` that marks a copy of the main database with counters in it. */
const HAS_COUNTERS = 'counts_folded'

/**
 * Writes the counters of a usage file into a copy of the main database, so that a backup has them.
 * Returns what is wrong with a file that cannot be read; null if all counters were copied.
 */
export function copyCountersToBackup(copy: string, usageFile: string): string | null {
  const problem = findFileProblem(usageFile)
  if (problem !== null) return problem
  if (!existsSync(usageFile)) {
    const link = lstatSync(usageFile, { throwIfNoEntry: false })
    return link === undefined ? null : 'the file that it links to is missing'
  }
  try {
    copyCounters(copy, usageFile)
    return null
  } catch (error) {
    if (error instanceof SQLiteError) return error.message
    throw error
  }
}

function copyCounters(copy: string, usageFile: string): void {
  using db = new Database(copy, { readwrite: true, create: false })
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  db.run('ATTACH ? AS usage', [usageFile])
  db.run('CREATE TEMP TABLE used (id TEXT, validation_count INTEGER, last_validated_at_ms INTEGER)')
  const copyAll = db.transaction(() => {
    db.run(`INSERT INTO used SELECT id, validation_count, last_validated_at_ms
      FROM usage.licenses WHERE validation_count > 0`)
    addStaged(db)
    db.run(`UPDATE licenses SET
        validation_count = max(licenses.validation_count, used.validation_count),
        last_validated_at_ms = max(coalesce(licenses.last_validated_at_ms, 0), used.last_validated_at_ms)
      FROM (SELECT id, sum(validation_count) AS validation_count,
          max(last_validated_at_ms) AS last_validated_at_ms FROM used GROUP BY id) AS used
      WHERE used.id = licenses.id`)
    copyEdgesToBackup(db)
    db.run("INSERT INTO meta (name, value) VALUES (?, '') ON CONFLICT DO NOTHING", [HAS_COUNTERS])
  })
  copyAll.immediate()
}

/** Adds what is staged. A file of an earlier version has no table for that. */
function addStaged(db: Database): void {
  if (db.query("SELECT 1 FROM usage.sqlite_schema WHERE name = 'staged'").get() === null) return
  const insert = db.query('INSERT INTO used VALUES (?, ?, ?)')
  for (const { counters } of readStagedCounters(db, 'usage')) {
    for (const [id, { validationCount, lastValidatedAtMs }] of counters) {
      insert.run(id, validationCount, lastValidatedAtMs)
    }
  }
}

/**
 * Takes over the counters of a main database that was restored from a backup, or that has a new
 * usage file beside it. From then on, only the counters in the usage file are used.
 */
export function restoreCounters(db: Database, databasePath: string): void {
  db.run('ATTACH ? AS base', [databasePath])
  const isNew = db.query('SELECT 1 FROM batches').get() === null
  const isRestored = db.query('SELECT 1 FROM base.meta WHERE name = ?').get(HAS_COUNTERS) !== null
  if (isNew || isRestored) {
    const restore = db.transaction(() => {
      db.run(`INSERT INTO licenses (id, validation_count, last_validated_at_ms)
        SELECT id, validation_count, coalesce(last_validated_at_ms, 0)
        FROM base.licenses WHERE validation_count > 0
        ON CONFLICT (id) DO UPDATE SET
          validation_count = max(validation_count, excluded.validation_count),
          last_validated_at_ms = max(last_validated_at_ms, excluded.last_validated_at_ms)`)
      restoreEdges(db)
      db.run('INSERT INTO batches (id, number) VALUES (0, 0) ON CONFLICT DO NOTHING')
    })
    restore.immediate()
    // Last, so that an interruption repeats the step above, which has the same result.
    dropRestoredEdges(db)
    db.run('DELETE FROM base.meta WHERE name = ?', [HAS_COUNTERS])
  }
  db.run('DETACH base')
}
