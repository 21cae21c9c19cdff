import type { Database } from 'bun:sqlite'

/** The rows of each table are one JSON text in the table `meta` of the backup. */
const BATCHES = 'usage_edge_batches'
const ERASURES = 'usage_erasures'

/**
 * Copies which batches of edges the attached usage file has, and which licenses were redacted. So after
 * a restore, a batch that the counters include already is not counted again.
 */
export function copyEdgesToBackup(db: Database): void {
  const isKnown = "SELECT 1 FROM usage.sqlite_schema WHERE name = 'edge_batches'"
  if (db.query(isKnown).get() === null) return
  db.run(
    `INSERT OR REPLACE INTO meta (name, value)
     SELECT ?, json_group_array(json_array(edge_id, run, number, at_ms)) FROM usage.edge_batches`,
    [BATCHES],
  )
  db.run(
    `INSERT OR REPLACE INTO meta (name, value)
     SELECT ?, json_group_array(json_array(license_id, at_ms)) FROM usage.erasures`,
    [ERASURES],
  )
}

/** Takes over what the attached main database has from a backup. */
export function restoreEdges(db: Database): void {
  db.run(
    `INSERT INTO edge_batches (edge_id, run, number, at_ms)
     SELECT row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value ->> 3
     FROM base.meta, json_each(base.meta.value) AS row WHERE base.meta.name = ?
     ON CONFLICT DO UPDATE SET number = max(number, excluded.number)`,
    [BATCHES],
  )
  db.run(
    `INSERT INTO erasures (license_id, at_ms)
     SELECT row.value ->> 0, row.value ->> 1
     FROM base.meta, json_each(base.meta.value) AS row WHERE base.meta.name = ?
     ON CONFLICT DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)`,
    [ERASURES],
  )
}

/** Deletes it from the main database, once it is in the usage file. */
export function dropRestoredEdges(db: Database): void {
  db.run('DELETE FROM base.meta WHERE name IN (?, ?)', [BATCHES, ERASURES])
}
