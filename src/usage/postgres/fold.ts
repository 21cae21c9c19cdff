import type { Pool } from '~/platform/postgres.ts'
import { transact } from './calls.ts'

/** One process folds at a time. */
const FOLD_LOCK = 7_236_184_523

const take = (table: string, max: number, order = '') =>
  `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${table} ${order} LIMIT ${max}))
   RETURNING *`

/** Sums counts by whether they are of valid validations. */
const sums = `coalesce(sum(count) FILTER (WHERE error IS NULL), 0)::bigint,
  coalesce(sum(count) FILTER (WHERE error IS NOT NULL), 0)::bigint`
const addToRollups = `ON CONFLICT (interval, license, bucket, dimension, name) DO UPDATE SET
  valid = usage_rollups.valid + excluded.valid, refused = usage_rollups.refused + excluded.refused`

/**
 * All rows of a license are taken together, so that its counts are written once. One statement, so that a query sees either what is appended or what it was folded into. */
const foldDeltas = (
  max: number,
) => `WITH taken AS (${take('usage_deltas', max, 'ORDER BY license')}),
  counted AS (
    UPDATE usage_licenses SET validation_count = validation_count + added.valid,
      last_validated_at_ms =
        greatest(usage_pick_latest(last_validated_at_ms, added.own_at_ms), added.late_at_ms)
    FROM (SELECT license, sum(count)::bigint AS valid, max(late_at_ms) AS late_at_ms,
        usage_latest(last_at_ms ORDER BY position) AS own_at_ms
      FROM taken WHERE error IS NULL GROUP BY license) AS added
    WHERE usage_licenses.position = added.license
  ),
  rolled AS (
    INSERT INTO usage_rollups (interval, license, bucket, dimension, name, valid, refused)
    SELECT 'day', license, day, dimension, name, ${sums} FROM taken
      CROSS JOIN LATERAL ${namesOfDelta('taken')}
    WHERE name IS NOT NULL GROUP BY license, day, dimension, name
    ${addToRollups}
  )
  SELECT count(*)::float8 AS folded FROM taken`

const foldTotals = (max: number) => `WITH taken AS (${take('usage_totals', max)}),
  rolled AS (
    INSERT INTO usage_rollups (interval, license, bucket, dimension, name, valid, refused)
    SELECT interval, 0, bucket, dimension, name, ${sums} FROM taken
      CROSS JOIN LATERAL ${bucketsOfTotal('taken')} CROSS JOIN LATERAL ${namesOfTotal('taken')}
    WHERE name IS NOT NULL GROUP BY interval, bucket, dimension, name
    ${addToRollups}
  )
  SELECT count(*)::float8 AS folded FROM taken`

/** SQL of the names that a row of `usage_deltas` counts under: see `listLicenseNames`. */
export function namesOfDelta(row: string): string {
  return `(VALUES ('verdict', coalesce(${row}.error, 'VALID')), ('country', ${row}.country),
    ('domain', ${row}.domain)) AS named (dimension, name)`
}

/** SQL of the names that a row of `usage_totals` counts under: see `addToRollups`. */
export function namesOfTotal(row: string): string {
  return `(VALUES ('verdict', coalesce(${row}.error, 'VALID')), ('country', ${row}.country),
    ('product', ${row}.product), ('plan', ${row}.plan)) AS named (dimension, name)`
}

/** SQL of the hour and the day of a row of `usage_totals`. */
export function bucketsOfTotal(row: string): string {
  return `(VALUES ('hour', ${row}.hour), ('day', floor(${row}.hour / 24.0)::integer))
    AS buckets (interval, bucket)`
}

/**
 * Adds up to `max` rows that were appended to the rollups and counters. Returns how many: 0 while another
 * process folds.
 */
export const fold = (pool: Pool, max: number): Promise<number> =>
  transact(pool, async (connection) => {
    const [lock] = await connection.unsafe<{ isTaken: boolean }[]>(
      `SELECT pg_try_advisory_xact_lock(${FOLD_LOCK}) AS "isTaken"`,
    )
    if (!lock?.isTaken) return 0
    const [deltas] = await connection.unsafe<{ folded: number }[]>(foldDeltas(max))
    const left = max - (deltas?.folded ?? 0)
    const [totals] = await connection.unsafe<{ folded: number }[]>(foldTotals(left))
    return (deltas?.folded ?? 0) + (totals?.folded ?? 0)
  })
