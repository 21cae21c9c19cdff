import type { Db } from './connection.ts'
import { changes } from './edge-schema.ts'
import type { Reading } from './engine.ts'
import { prepareInsert } from './rows.ts'

export interface ChangeRow {
  readonly number: number
  readonly session: string | null
  readonly body: string
}

/** The first row of the latest session is kept, or else its positions would be unknown. */
const isNoLatestSession =
  'number IS NOT (SELECT max(number) FROM changes WHERE session IS NOT NULL)'

export function prepareChangeRows(db: Db) {
  const { $client } = db
  return {
    insert: prepareInsert(db, changes, ['atMs', 'session', 'body']),
    // The sequence also counts rows that were deleted.
    last: $client.prepare<{ number: number }, []>(
      "SELECT seq AS number FROM sqlite_sequence WHERE name = 'changes'",
    ),
    between: $client.prepare<ChangeRow, [after: number, last: number]>(
      'SELECT number, session, body FROM changes WHERE number > ? AND number <= ? ORDER BY number',
    ),
    session: $client.prepare<{ first: number; nextFirst: number | null }, [session: string]>(
      `SELECT number AS first, (
         SELECT min(number) FROM changes AS other
         WHERE other.session IS NOT NULL AND other.number > changes.number
       ) AS nextFirst FROM changes WHERE session = ?`,
    ),
    oldest: $client.prepare<{ number: number; atMs: number }, [max: number]>(
      `SELECT number, at_ms AS atMs FROM changes WHERE ${isNoLatestSession} ORDER BY number LIMIT ?`,
    ),
    deleteUntil: $client.prepare<unknown, [last: number]>(
      `DELETE FROM changes WHERE number <= ? AND ${isNoLatestSession}`,
    ),
  }
}

/** Returns the number of the last row that was ever written. */
export function readLast({ statements }: Pick<Reading, 'statements'>): number {
  return statements.changeRows.last.get()?.number ?? 0
}
