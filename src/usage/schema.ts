import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Dimension, Interval } from '~/domain/usage.ts'
import type { VerdictError } from '~/domain/verdicts.ts'

/** The tables of `history.sqlite`. Days and hours are counted from 1970 in UTC. */

/**
 * A short number for each license, since it stands in every row; 0 stands for all of them. Beside it
 * what changes with every valid validation, in rows so narrow that many share a page.
 */
export const licenses = sqliteTable('licenses', {
  position: integer('position').primaryKey({ autoIncrement: true }),
  id: text('id').notNull().unique(),
  validationCount: integer('validation_count').notNull().default(0),
  lastValidatedAtMs: integer('last_validated_at_ms').notNull().default(0),
})

/** When activations were last seen. */
export const sightings = sqliteTable('sightings', {
  activationId: text('activation_id').primaryKey(),
  atMs: integer('at_ms').notNull(),
})

/** The number of the last group that was written, in the transaction of that group. */
export const groups = sqliteTable('groups', {
  id: integer('id').primaryKey(),
  number: integer('number').notNull(),
})

/**
 * Single validations, clustered by day: a day is written, read and dropped in one place, and the
 * first column of the key is the only index that any of these needs.
 */
export const validations = sqliteTable(
  'validations',
  {
    day: integer('day').notNull(),
    license: integer('license').notNull(),
    atMs: integer('at_ms').notNull(),
    /** Among those of one license in one ms. */
    nth: integer('nth').notNull(),
    error: text('error').$type<VerdictError>(),
    domain: text('domain'),
    fingerprint: text('fingerprint'),
    country: text('country'),
    address: text('address'),
    version: text('version'),
  },
  (table) => [primaryKey({ columns: [table.day, table.license, table.atMs, table.nth] })],
)

/** How many validations there were of each name of a dimension. Kept for ever. */
export const rollups = sqliteTable(
  'rollups',
  {
    interval: text('interval').$type<Interval>().notNull(),
    bucket: integer('bucket').notNull(),
    license: integer('license').notNull(),
    dimension: text('dimension').$type<Dimension>().notNull(),
    name: text('name').notNull(),
    valid: integer('valid').notNull(),
    refused: integer('refused').notNull(),
  },
  (table) => [
    primaryKey({
      columns: [table.interval, table.bucket, table.license, table.dimension, table.name],
    }),
  ],
)
