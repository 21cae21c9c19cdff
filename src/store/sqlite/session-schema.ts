import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { apiKeys } from './schema.ts'

/** The people who sign in to the dashboard. */
export const operators = sqliteTable('operators', {
  position: integer('position').primaryKey({ autoIncrement: true }),
  id: text('id').notNull().unique(),
  name: text('name').notNull().unique(),
  scopes: text('scopes', { mode: 'json' }).$type<readonly string[]>().notNull(),
  createdAtMs: integer('created_at_ms').notNull(),
  disabledAtMs: integer('disabled_at_ms'),
})

const operatorId = () => text('operator_id').references(() => operators.id, { onDelete: 'cascade' })

/** Browsers that are signed in, each by an operator or an API key. They end with it. */
export const sessions = sqliteTable(
  'sessions',
  {
    position: integer('position').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    tokenHash: text('token_hash').notNull().unique(),
    operatorId: operatorId(),
    apiKeyId: text('api_key_id').references(() => apiKeys.id, { onDelete: 'cascade' }),
    scopes: text('scopes', { mode: 'json' }).$type<readonly string[]>().notNull(),
    createdAtMs: integer('created_at_ms').notNull(),
    lastSeenAtMs: integer('last_seen_at_ms').notNull(),
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
export const setupLinks = sqliteTable(
  'setup_links',
  {
    hash: text('hash').primaryKey(),
    operatorId: operatorId(),
    createdAtMs: integer('created_at_ms').notNull(),
  },
  (table) => [
    index('setup_links_by_operator').on(table.operatorId).where(sql`operator_id IS NOT NULL`),
    index('setup_links_by_age').on(table.createdAtMs),
  ],
)
