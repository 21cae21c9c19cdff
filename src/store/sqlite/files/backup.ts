import { Database } from 'bun:sqlite'
import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs'
import { COUNTS_FOLDED } from '../connection.ts'

/**
 * Copies one moment of a database, which may be in use, to a file that is not there yet. The copy
 * stands alone, without a log beside it, and is on disk when this returns.
 */
export function copyDatabase(source: string, target: string): void {
  const db = new Database(source, { readonly: true })
  try {
    db.run('VACUUM INTO ?', [target])
  } finally {
    db.close()
  }
  syncPath(target)
}

/** Forces a file, or the names in a directory, to disk. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Puts the counts that the history keeps into a copy of the database, which goes without one. */
export function foldCounts(copy: string, history: string): void {
  if (!existsSync(history)) return
  using db = new Database(copy, { readwrite: true, create: false })
  db.run('ATTACH ? AS history', [history])
  const fold = db.transaction(() => {
    db.run(`UPDATE licenses SET
        validation_count = max(licenses.validation_count, used.validation_count),
        last_validated_at_ms = max(coalesce(licenses.last_validated_at_ms, 0), used.last_validated_at_ms)
      FROM history.licenses AS used WHERE used.id = licenses.id AND used.validation_count > 0`)
    db.run(`UPDATE activations SET last_seen_at_ms = max(last_seen_at_ms, at_ms)
      FROM history.sightings WHERE activation_id = activations.id`)
    db.run("INSERT INTO meta (name, value) VALUES (?, '') ON CONFLICT DO NOTHING", [COUNTS_FOLDED])
  })
  fold.immediate()
}
