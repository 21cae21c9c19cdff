import type { BucketCount, NamedCount } from '~/domain/usage.ts'
import type { Pool } from '~/platform/postgres.ts'
import type { Usage } from '../port.ts'
import { query } from './calls.ts'
import { bucketsOfTotal, namesOfDelta, namesOfTotal } from './fold.ts'
import type { LicenseNumbers } from './license-numbers.ts'

type Queries = Pick<Usage, 'listCounts' | 'listSeries' | 'countDevices'>

const valid = (row: string) =>
  `CASE WHEN ${row}.error IS NULL THEN ${row}.count ELSE 0 END AS valid`
const refused = (row: string) =>
  `CASE WHEN ${row}.error IS NULL THEN 0 ELSE ${row}.count END AS refused`

/** SQL of the counts of a license ($2), by day only: those that were folded, and those that were not yet. */
const ofLicense = `SELECT bucket, dimension, name, valid, refused FROM usage_rollups
    WHERE interval = $1 AND license = $2::text::bigint
      AND bucket BETWEEN $3::text::integer AND $4::text::integer
  UNION ALL
  SELECT d.day, dimension, name, ${valid('d')}, ${refused('d')}
    FROM usage_deltas AS d CROSS JOIN LATERAL ${namesOfDelta('d')}
    WHERE $1 = 'day' AND d.license = $2::text::bigint
      AND d.day BETWEEN $3::text::integer AND $4::text::integer`

/** SQL of the counts of all licenses ($2 is 0). */
const ofAll = `SELECT bucket, dimension, name, valid, refused FROM usage_rollups
    WHERE interval = $1 AND license = $2::text::bigint
      AND bucket BETWEEN $3::text::integer AND $4::text::integer
  UNION ALL
  SELECT buckets.bucket, dimension, name, ${valid('t')}, ${refused('t')}
    FROM usage_totals AS t CROSS JOIN LATERAL ${bucketsOfTotal('t')}
      CROSS JOIN LATERAL ${namesOfTotal('t')}
    WHERE buckets.interval = $1 AND buckets.bucket BETWEEN $3::text::integer AND $4::text::integer`

const sums = 'sum(valid)::float8 AS valid, sum(refused)::float8 AS refused'

const listCounts = (counted: string) =>
  `SELECT dimension, name, ${sums} FROM (${counted}) AS counted
   WHERE name IS NOT NULL GROUP BY dimension, name`

const listSeries = (counted: string) =>
  `SELECT bucket, ${sums} FROM (${counted}) AS counted
   WHERE dimension = $5 AND name IS NOT NULL AND ($6::text IS NULL OR name = $6::text)
   GROUP BY bucket ORDER BY bucket`

const HOURS = `SELECT found.bucket, sum(found.valid)::float8 AS valid, sum(found.refused)::float8 AS refused
  FROM usage_days CROSS JOIN LATERAL (
    SELECT floor(v.at_ms / 3600000.0)::integer AS bucket, ${valid('v')}, ${refused('v')}
    FROM usage_validations AS v
    WHERE v.day = usage_days.day AND v.license = $1::text::bigint
  ) AS found
  WHERE usage_days.day BETWEEN floor($2::text::integer / 24.0) AND floor($3::text::integer / 24.0)
    AND found.bucket BETWEEN $2::text::integer AND $3::text::integer
  GROUP BY found.bucket ORDER BY found.bucket`

const DEVICES = `SELECT count(DISTINCT found.fingerprint)::float8 AS devices
  FROM usage_days CROSS JOIN LATERAL (
    SELECT v.fingerprint FROM usage_validations AS v
    WHERE v.day = usage_days.day AND v.license = $1::text::bigint AND v.error IS NULL
  ) AS found
  WHERE usage_days.day BETWEEN $2::text::integer AND $3::text::integer`

/** Creates the queries for counts. */
export function createCountQueries(pool: Pool, numbers: LicenseNumbers): Queries {
  return {
    listCounts: async (licenseId, { interval, first, last }) => {
      const license = licenseId === null ? 0 : await numbers.find(licenseId)
      if (license === null) return []
      const text = listCounts(licenseId === null ? ofAll : ofLicense)
      return query<NamedCount>(pool, text, [interval, ...[license, first, last].map(String)])
    },
    listSeries: async (licenseId, { interval, first, last }, [dimension, name]) => {
      const license = licenseId === null ? 0 : await numbers.find(licenseId)
      if (license === null) return []
      // Rollups of one license are by day only, so its hours are counted from individual validations.
      if (licenseId !== null && interval === 'hour') {
        return query<BucketCount>(pool, HOURS, [license, first, last].map(String))
      }
      const text = listSeries(licenseId === null ? ofAll : ofLicense)
      const range = [interval, ...[license, first, last].map(String)]
      return query<BucketCount>(pool, text, [...range, dimension, name])
    },
    countDevices: async (licenseId, { first, last }) => {
      const license = await numbers.find(licenseId)
      if (license === null) return 0
      const [row] = await query<{ devices: number }>(
        pool,
        DEVICES,
        [license, first, last].map(String),
      )
      return row?.devices ?? 0
    },
  }
}
