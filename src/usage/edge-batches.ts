import type { Database } from 'bun:sqlite'

/** Runs that are remembered per edge. An edge delivers what an earlier run left behind before its own. */
const RUNS_MAX = 1000

/** Identifies a batch of an edge. Numbers rise within a run, which is one life of its process. */
export interface EdgeBatch {
  readonly edgeId: string
  readonly run: string
  readonly number: number
}

/** Lines of `formatLate` that an edge has sent. Without a batch, a repetition is not recognized. */
export interface EdgePart {
  readonly batch: EdgeBatch | null
  readonly text: string
}

/** Prepares the table of the last batch of each run. */
export function createEdgeBatches(db: Database) {
  const advance = db.query(
    `INSERT INTO edge_batches (edge_id, run, number, at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET number = excluded.number, at_ms = excluded.at_ms
       WHERE number < excluded.number`,
  )
  const forgetOldest = db.query(
    `DELETE FROM edge_batches WHERE edge_id = ?1 AND run NOT IN
       (SELECT run FROM edge_batches WHERE edge_id = ?1 ORDER BY at_ms DESC LIMIT ${RUNS_MAX})`,
  )
  const select = db.query<{ number: number }, [string, string]>(
    'SELECT number FROM edge_batches WHERE edge_id = ? AND run = ?',
  )

  function isNew({ edgeId, run, number }: EdgeBatch): boolean {
    if (advance.run(edgeId, run, number, Date.now()).changes === 0) return false
    forgetOldest.run(edgeId)
    return true
  }

  return {
    /** Returns the lines of new batches, and remembers those. Runs in the transaction of the lines. */
    takeNew: (parts: readonly EdgePart[]): readonly string[] =>
      parts.filter(({ batch }) => batch === null || isNew(batch)).map(({ text }) => text),
    /** Returns the number of the last batch of a run; 0 if there is none. */
    readLast: (edgeId: string, run: string): number => select.get(edgeId, run)?.number ?? 0,
  }
}
