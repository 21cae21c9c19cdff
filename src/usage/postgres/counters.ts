import { noUsage, type UsageCounters } from '~/domain/usage.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'
import { formatArray, type Pool } from '~/platform/postgres.ts'
import { addPending, type StoredCounters } from '../counters.ts'
import type { PendingCounters } from '../pending-counters.ts'
import { query } from './calls.ts'

/** Licenses whose counters are remembered for the time when the database cannot be read. */
const KNOWN_MAX = 10_000

interface Row extends StoredCounters {
  readonly id: string
}

/** One statement, so that the counters include all batches up to lastBatch and none of ours after it. */
const SELECT = `SELECT given.id,
    (coalesce(validation_count, 0) + coalesce(added.count, 0))::float8 AS "validationCount",
    greatest(usage_pick_latest(last_validated_at_ms, added.own_at_ms), added.late_at_ms)::float8
      AS "lastValidatedAtMs",
    coalesce((SELECT settled FROM usage_nodes WHERE key = $2), 0)::float8 AS "lastBatch"
  FROM unnest($1::text::text[]) AS given (id) LEFT JOIN usage_licenses USING (id)
  LEFT JOIN LATERAL (
    SELECT sum(count) AS count, usage_latest(last_at_ms ORDER BY position) AS own_at_ms,
      max(late_at_ms) AS late_at_ms
    FROM usage_deltas AS d WHERE d.license = usage_licenses.position AND d.error IS NULL
  ) AS added ON true`

export interface CountersParts {
  readonly pool: Pool
  /** Identifies this process. */
  readonly key: string
  readonly listPending: (licenseId: string) => readonly PendingCounters[]
}

/**
 * Returns a function that returns an entry for each license: the counters in the database, and those
 * that this process has not written yet. While it cannot be read, they are those that were read last.
 */
export function createCountersReader({ pool, key, listPending }: CountersParts) {
  const known = createBoundedMap<string, Row>(KNOWN_MAX)

  async function findRows(licenseIds: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    const rows = await query<Row>(pool, SELECT, [formatArray(licenseIds), key])
    for (const row of rows) known.set(row.id, row)
    return new Map(rows.map((row) => [row.id, row]))
  }

  const findKnown = (id: string): Row => known.get(id) ?? { ...noUsage, id, lastBatch: 0 }

  return async (
    licenseIds: readonly string[],
    limitWait: <Result>(call: Promise<Result>) => Promise<Result>,
  ): Promise<ReadonlyMap<string, UsageCounters>> => {
    if (licenseIds.length === 0) return new Map()
    // Before the query: what is written meanwhile is in the database as well as here.
    const pending = new Map(licenseIds.map((id) => [id, listPending(id)]))
    const rows = await limitWait(findRows(licenseIds)).catch(() => new Map<string, Row>())
    return new Map(
      [...pending].map(([id, added]) => [id, addPending(rows.get(id) ?? findKnown(id), added)]),
    )
  }
}
