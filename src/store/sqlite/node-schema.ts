import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** The server that uses the database, and former ones that have not been ended yet. */
export const nodes = sqliteTable('nodes', {
  id: text('id').primaryKey(),
  heartbeatAtMs: integer('heartbeat_at_ms').notNull(),
})

/** Work that one process does at a time. */
export const leases = sqliteTable('leases', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  untilMs: integer('until_ms').notNull(),
})
