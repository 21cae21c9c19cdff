import { and, type Column, desc, eq, lt, type Placeholder, type SQL, sql } from 'drizzle-orm'
import type { SQLiteSelect } from 'drizzle-orm/sqlite-core'
import { LRUCache } from 'lru-cache'

const COLUMN_SETS_MAX = 100

/** Returns a placeholder for each name, as the values of a prepared statement. */
export function parameters<Name extends string>(...names: readonly Name[]) {
  const entries = names.map((name) => [name, sql.placeholder(name)])
  return Object.fromEntries(entries) as Record<Name, Placeholder<Name>>
}

/**
 * Returns a function that runs a statement for the columns of a row. It prepares one per set of
 * columns, because building a statement takes longer than running it. `others` are more parameters.
 */
export function prepareByColumns<Row extends object>(
  prepare: (values: Record<keyof Row & string, Placeholder>) => {
    readonly run: (values: Record<string, unknown>) => unknown
  },
) {
  const prepared = new LRUCache<string, ReturnType<typeof prepare>>({ max: COLUMN_SETS_MAX })
  return (row: Row, others: Readonly<Record<string, unknown>> = {}): void => {
    const names = Object.keys(row) as (keyof Row & string)[]
    const key = names.join()
    const statement = prepared.get(key) ?? prepare(parameters(...names))
    prepared.set(key, statement)
    statement.run({ ...row, ...others })
  }
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
