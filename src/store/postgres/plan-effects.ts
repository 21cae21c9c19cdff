import { type EntitlementLimit, type PlanEffect, planLimits } from '~/domain/plan-effects.ts'
import type { Reading } from './engine.ts'

/** Licenses that are read at most. */
const LICENSES_MAX = 100_000
const IDS_SHOWN = 20

const used = {
  maxDomains: 'domains_used',
  maxDevices: 'devices_used',
  maxSeats: `(SELECT count(*) FROM seats
    WHERE license_id = recent.id AND seats.expires_at_ms > $3)`,
} as const

/** Counts the licenses of a plan that use more than these limits and have no limit of their own. */
export async function countOverLimits(
  reading: Reading,
  planSlug: string,
  limits: Readonly<Partial<Record<EntitlementLimit, number>>>,
  nowMs: number,
): Promise<readonly PlanEffect[]> {
  const effects: PlanEffect[] = []
  for (const limit of planLimits) {
    const max = limits[limit]
    if (max !== undefined) effects.push(await countOverLimit(reading, planSlug, limit, max, nowMs))
  }
  return effects
}

interface Row {
  readonly read: number
  readonly count: number
  readonly ids: string | null
}

async function countOverLimit(
  { client }: Reading,
  planSlug: string,
  limit: EntitlementLimit,
  max: number,
  nowMs: number,
): Promise<PlanEffect> {
  const [row] = await client.unsafe<Row[]>(
    `WITH recent AS MATERIALIZED (
       SELECT id, revoked_at_ms, overrides, domains_used, devices_used FROM licenses
       WHERE plan_slug = $1 ORDER BY id DESC LIMIT ${LICENSES_MAX}
     ), beyond AS MATERIALIZED (
       SELECT id FROM recent WHERE revoked_at_ms IS NULL
         AND overrides::json->'${limit}' IS NULL AND ${used[limit]} > $2
         AND $3::bigint IS NOT NULL
     )
     SELECT (SELECT count(*)::int FROM recent) AS read,
       (SELECT count(*)::int FROM beyond) AS count,
       (SELECT json_agg(id ORDER BY id DESC)::text FROM (
         SELECT id FROM beyond ORDER BY id DESC LIMIT ${IDS_SHOWN}
       ) AS shown) AS ids`,
    [planSlug, max, nowMs],
  )
  const { read, count, ids } = row ?? { read: 0, count: 0, ids: null }
  const shown: readonly string[] = ids === null ? [] : JSON.parse(ids)
  return { limit, count, isComplete: read < LICENSES_MAX, ids: shown }
}
