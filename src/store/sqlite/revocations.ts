import { asc, gt, sql } from 'drizzle-orm'
import type { Revocations } from '../signing-port.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { revocations } from './schema.ts'

export function prepareRevocations(db: Db) {
  const { number, id, beforeMs } = revocations
  return {
    after: db
      .select({ number, id, beforeMs })
      .from(revocations)
      .where(gt(number, sql.placeholder('after')))
      .orderBy(asc(number))
      .limit(sql.placeholder('max'))
      .prepare(),
    // SQLite keeps the highest number here when rows are deleted.
    position: db.$client.prepare<{ seq: number }, []>(
      "SELECT seq FROM sqlite_sequence WHERE name = 'revocations'",
    ),
  }
}

export function createRevocations({ committed: { statements } }: Engine): Revocations {
  return {
    list: async (after, max) => statements.revocations.after.all({ after, max }),
    findPosition: async () => statements.revocations.position.get()?.seq ?? 0,
  }
}
