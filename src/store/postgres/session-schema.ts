import { sql } from 'drizzle-orm'
import { index, pgTable } from 'drizzle-orm/pg-core'
import { bigint, json, position, text } from './columns.ts'
import { apiKeys } from './schema.ts'

/** The people who sign in to the dashboard. */
export const operators = pgTable('operators', {
  position: position(),
  id: text('id').notNull().unique(),
  name: text('name').notNull().unique(),
  scopes: json('scopes').$type<readonly string[]>().notNull(),
  createdAtMs: bigint('created_at_ms').notNull(),
  disabledAtMs: bigint('disabled_at_ms'),
})

const operatorId = () => text('operator_id').references(() => operators.id, { onDelete: 'cascade' })

/** Browsers that are signed in, each by an operator or an API key. They end with it. */
export const sessions = pgTable(
  'sessions',
  {
    position: position(),
    id: text('id').notNull().unique(),
    tokenHash: text('token_hash').notNull().unique(),
    operatorId: operatorId(),
    apiKeyId: text('api_key_id').references(() => apiKeys.id, { onDelete: 'cascade' }),
    scopes: json('scopes').$type<readonly string[]>().notNull(),
    createdAtMs: bigint('created_at_ms').notNull(),
    lastSeenAtMs: bigint('last_seen_at_ms').notNull(),
    address: text('address'),
    userAgent: text('user_agent'),
  },
  (table) => [
    index('sessions_by_operator').on(table.operatorId).where(sql`operator_id IS NOT NULL`),
    index('sessions_by_api_key').on(table.apiKeyId).where(sql`api_key_id IS NOT NULL`),
    index('sessions_by_use').on(table.lastSeenAtMs),
    index('sessions_by_age').on(table.createdAtMs),
  ],
)

/** Links that sign in once, until they are used or expire. */
export const setupLinks = pgTable(
  'setup_links',
  {
    hash: text('hash').primaryKey(),
    operatorId: operatorId(),
    createdAtMs: bigint('created_at_ms').notNull(),
  },
  (table) => [
    index('setup_links_by_operator').on(table.operatorId).where(sql`operator_id IS NOT NULL`),
    index('setup_links_by_age').on(table.createdAtMs),
  ],
)
