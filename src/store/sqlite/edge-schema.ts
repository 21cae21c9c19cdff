import { sql } from 'drizzle-orm'
import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/** One row for each transaction that has changed something, and one for each run of a server. */
export const changes = sqliteTable(
  'changes',
  {
    number: integer('number').primaryKey({ autoIncrement: true }),
    atMs: integer('at_ms').notNull(),
    /** Set in the first row of a session. */
    session: text('session'),
    body: text('body').notNull(),
  },
  (table) => [uniqueIndex('changes_by_session').on(table.session).where(sql`session IS NOT NULL`)],
)

/** A revoked edge remains for as long as it may still answer. */
export const edges = sqliteTable(
  'edges',
  {
    position: integer('position').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    name: text('name').notNull(),
    tokenHash: text('token_hash').notNull().unique(),
    createdAtMs: integer('created_at_ms').notNull(),
    lastPolledAtMs: integer('last_polled_at_ms'),
    staleMs: integer('stale_ms').notNull(),
    usageUntilMs: integer('usage_until_ms'),
    revokedAtMs: integer('revoked_at_ms'),
  },
  (table) => [uniqueIndex('edges_by_name').on(table.name).where(sql`revoked_at_ms IS NULL`)],
)
