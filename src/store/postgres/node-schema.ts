import { pgTable } from 'drizzle-orm/pg-core'
import { bigint, text } from './columns.ts'

/** The servers that use the database, and former ones that have not been ended yet. */
export const nodes = pgTable('nodes', {
  id: text('id').primaryKey(),
  heartbeatAtMs: bigint('heartbeat_at_ms').notNull(),
})

/** Work that one process does at a time. */
export const leases = pgTable('leases', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  untilMs: bigint('until_ms').notNull(),
})
