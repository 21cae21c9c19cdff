import { blob, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Dimension, Interval } from '~/domain/usage.ts'
import type { VerdictError } from '~/domain/verdicts.ts'

/** The tables of `usage.sqlite`. Days and hours are counted from 1970 in UTC. */

/**
 * A short number for each license, because every row contains one (0 in rollups means all licenses).
 * The counters change with every valid validation, so these rows are narrow and many share a page.
 */
export const licenses = sqliteTable('licenses', {
  position: integer('position').primaryKey({ autoIncrement: true }),
  id: text('id').notNull().unique(),
  validationCount: integer('validation_count').notNull().default(0),
  lastValidatedAtMs: integer('last_validated_at_ms').notNull().default(0),
})

/** One row: the number of the last batch, written in the transaction of that batch. */
export const batches = sqliteTable('batches', {
  id: integer('id').primaryKey(),
  number: integer('number').notNull(),
})

/** Validations that were written but not counted yet, by batch and shard of licenses: see `repeats.ts`. */
export const staged = sqliteTable(
  'staged',
  {
    shard: integer('shard').notNull(),
    number: integer('number').notNull(),
    text: text('text').notNull(),
    again: blob('again', { mode: 'buffer' }).notNull(),
    late: text('late').notNull().default(''),
  },
  (table) => [primaryKey({ columns: [table.shard, table.number] })],
)

/** The last batch of each run of an edge, written in the transaction of that batch. */
export const edgeBatches = sqliteTable(
  'edge_batches',
  {
    edgeId: text('edge_id').notNull(),
    run: text('run').notNull(),
    number: integer('number').notNull(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.edgeId, table.run] })],
)

/** When licenses were redacted, because an edge may still send validations from before. */
export const erasures = sqliteTable('erasures', {
  licenseId: text('license_id').primaryKey(),
  atMs: integer('at_ms').notNull(),
})

/** Batches that an earlier version has staged, see `upgrade.ts`. */
export const stagedBatches = sqliteTable('staged_batches', {
  number: integer('number').primaryKey(),
  text: text('text').notNull(),
})

/**
 * Individual validations, clustered by day, so that a day is written, read and deleted in one place. The
 * primary key is the only index that any query needs.
 */
export const validations = sqliteTable(
  'validations',
  {
    day: integer('day').notNull(),
    license: integer('license').notNull(),
    atMs: integer('at_ms').notNull(),
    /** Numbers the validations of one license in the same millisecond. */
    nth: integer('nth').notNull(),
    error: text('error').$type<VerdictError>(),
    domain: text('domain'),
    fingerprint: text('fingerprint'),
    country: text('country'),
    address: text('address'),
    version: text('version'),
    /** Identical validations in the minute from `at_ms`, and the last of them; null if it is the first. */
    count: integer('count').notNull().default(1),
    lastAtMs: integer('last_at_ms'),
  },
  (table) => [primaryKey({ columns: [table.day, table.license, table.atMs, table.nth] })],
)

/** Counts of validations by hour or day, for each name of a dimension. Never deleted. */
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
