import { sql } from 'drizzle-orm'
import { bigint as bigintColumn, customType } from 'drizzle-orm/pg-core'

const compared = customType<{ data: string; driverData: string }>({
  dataType: () => 'text COLLATE "C"',
})

/** A text that is compared and ordered by its bytes, whatever the locale of the database. */
export const text = (name: string) => compared(name)

/**
 * A value that is stored as the text of its JSON. Columns of type json would be encoded twice by
 * Bun.SQL, and the database never looks inside.
 */
export const json = customType<{ data: unknown; driverData: string }>({
  dataType: () => 'text COLLATE "C"',
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (stored) => JSON.parse(stored),
})

const xid = customType<{ data: string; driverData: string }>({ dataType: () => 'xid8' })

/** A number up to 2^53, such as a time in ms. */
export const bigint = (name: string) => bigintColumn(name, { mode: 'number' })

/** The order in which rows were written. A row that comes from another database keeps its own. */
export const position = () => bigint('position').primaryKey().generatedByDefaultAsIdentity()

/** The transaction that wrote the row. Numbers grow with the start of transactions, not with their end. */
export const ownXid = () => xid('xid').notNull().default(sql`pg_current_xact_id()`)
