import { type SQL, sql } from 'drizzle-orm'
import type { Db } from './connection.ts'

/** Reads up to `max` ids, newest first. The query is what follows SELECT, here and below. */
export function readIds(db: Db, query: SQL, max: number): string[] {
  const rows = db.values<[id: string]>(sql`SELECT ${query} ORDER BY id DESC LIMIT ${max}`)
  return rows.map(([id]) => id)
}

/** Counts rows, by default all of them. */
export function countRowsOf(db: Db, query: SQL, max = -1): number {
  const rows = sql`SELECT ${query} LIMIT ${max}`
  const [row] = db.values<[total: number]>(sql`SELECT count(*) FROM (${rows})`)
  return row?.[0] ?? 0
}

/** Ids are ordered by time. The same license can be in several branches. */
export function sortNewest(ids: readonly string[], max: number): string[] {
  return [...new Set(ids)].sort().reverse().slice(0, max)
}
