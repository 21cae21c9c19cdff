import { sql } from 'drizzle-orm'
import { index, pgTable, uniqueIndex } from 'drizzle-orm/pg-core'
import type { StoredLeases } from '../edges-port.ts'
import { bigint, json, ownXid, position, text } from './columns.ts'

/** The changes of each transaction, which other nodes drop from memory: see `change-feed.ts`. */
export const changes = pgTable(
  'changes',
  {
    number: bigint('number').primaryKey().generatedByDefaultAsIdentity(),
    xid: ownXid(),
    atMs: bigint('at_ms').notNull(),
    body: text('body').notNull(),
  },
  (table) => [index('changes_by_xid').on(table.xid), index('changes_by_age').on(table.atMs)],
)

/** A revoked edge remains for as long as it may still answer. */
export const edges = pgTable(
  'edges',
  {
    position: position(),
    id: text('id').notNull().unique(),
    name: text('name').notNull(),
    tokenHash: text('token_hash').notNull().unique(),
    createdAtMs: bigint('created_at_ms').notNull(),
    lastPolledAtMs: bigint('last_polled_at_ms'),
    staleMs: bigint('stale_ms').notNull(),
    usageUntilMs: bigint('usage_until_ms'),
    revokedAtMs: bigint('revoked_at_ms'),
  },
  (table) => [uniqueIndex('edges_by_name').on(table.name).where(sql`revoked_at_ms IS NULL`)],
)

/** The leases of an edge, which may ask any server for changes. Their times are by the clock of the database. */
export const edgeLeases = pgTable('edge_leases', {
  edgeId: text('edge_id')
    .primaryKey()
    .references(() => edges.id, { onDelete: 'cascade' }),
  body: json('body').$type<StoredLeases>().notNull(),
})
