import { sql } from 'drizzle-orm'
import { index, pgTable } from 'drizzle-orm/pg-core'
import { bigint, text } from './columns.ts'
import { licenses } from './schema.ts'

/** Customers who are signed in: by an email address, or by the key of a license. */
export const portalSessions = pgTable(
  'portal_sessions',
  {
    id: text('id').primaryKey(),
    tokenHash: text('token_hash').notNull().unique(),
    customerEmail: text('customer_email'),
    licenseId: text('license_id').references(() => licenses.id, { onDelete: 'cascade' }),
    createdAtMs: bigint('created_at_ms').notNull(),
    address: text('address'),
    userAgent: text('user_agent'),
  },
  (table) => [
    index('portal_sessions_by_email')
      .on(table.customerEmail)
      .where(sql`customer_email IS NOT NULL`),
    index('portal_sessions_by_license').on(table.licenseId).where(sql`license_id IS NOT NULL`),
    index('portal_sessions_by_age').on(table.createdAtMs),
  ],
)

/** Codes that were sent by email, until they are used or expire. */
export const portalCodes = pgTable(
  'portal_codes',
  {
    browserHash: text('browser_hash').primaryKey(),
    customerEmail: text('customer_email').notNull(),
    codeHash: text('code_hash').notNull(),
    attempts: bigint('attempts').notNull(),
    createdAtMs: bigint('created_at_ms').notNull(),
  },
  (table) => [
    index('portal_codes_by_email').on(table.customerEmail),
    index('portal_codes_by_age').on(table.createdAtMs),
  ],
)
