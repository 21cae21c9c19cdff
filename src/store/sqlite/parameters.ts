import { and, type Column, desc, eq, lt, type Placeholder, type SQL, sql } from 'drizzle-orm'
import type { SQLiteSelect } from 'drizzle-orm/sqlite-core'

/** Returns a placeholder for each name, as the values of a prepared statement. */
export function parameters<Name extends string>(...names: readonly Name[]) {
  const entries = names.map((name) => [name, sql.placeholder(name)])
  return Object.fromEntries(entries) as Record<Name, Placeholder<Name>>
}

/** Returns the condition that a column has the value of this parameter. */
export function equals(column: Column, parameter: string): SQL {
  return eq(column, sql.placeholder(parameter))
}

/** Reads up to `max` rows before the position `before`, newest first. */
export function selectNewest<Query extends SQLiteSelect>(
  query: Query,
  position: Column,
  isListed?: SQL,
) {
  const isBefore = lt(position, sql.placeholder('before'))
  return query.where(and(isBefore, isListed)).orderBy(desc(position)).limit(sql.placeholder('max'))
}
