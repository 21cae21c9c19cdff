import { type EntitlementLimit, type PlanEffect, planLimits } from '~/domain/plan-effects.ts'
import type { Steps } from '~/turns.ts'
import type { Db } from './connection.ts'

/** Licenses that are read in one turn, and at most. */
const RANGE_LICENSES = 1000
const LICENSES_MAX = 100_000
const STEPS_PER_RANGE = 25
const IDS_SHOWN = 20

const used = {
  maxDomains: 'domains_used',
  maxDevices: 'devices_used',
  maxSeats: `(SELECT count(*) FROM seats
    WHERE license_id = licenses.id AND seats.expires_at_ms > $nowMs)`,
} as const

/** Counts the licenses of a plan that use more than these limits and have no limit of their own. */
export function* countOverLimits(
  db: Db,
  planSlug: string,
  limits: Readonly<Partial<Record<EntitlementLimit, number>>>,
  nowMs: number,
): Steps<readonly PlanEffect[]> {
  const effects: PlanEffect[] = []
  for (const limit of planLimits) {
    const max = limits[limit]
    if (max !== undefined) effects.push(yield* countOverLimit(db, { planSlug, nowMs, limit, max }))
  }
  return effects
}

interface Question {
  readonly planSlug: string
  readonly nowMs: number
  readonly limit: EntitlementLimit
  readonly max: number
}

interface Row {
  readonly id: string
  readonly isOver: number
}

function* countOverLimit(db: Db, { planSlug, nowMs, limit, max }: Question): Steps<PlanEffect> {
  const query = db.$client.query<Row, [Record<string, string | number>]>(
    `SELECT id, revoked_at_ms IS NULL AND json_type(overrides, '$.${limit}') IS NULL
       AND ${used[limit]} > $max AS isOver
     FROM licenses INDEXED BY licenses_by_plan
     WHERE plan_slug = $planSlug AND id < $before ORDER BY id DESC LIMIT ${RANGE_LICENSES}`,
  )
  const ids: string[] = []
  let count = 0
  let before = '~'
  for (let read = 0; read < LICENSES_MAX; read += RANGE_LICENSES) {
    const rows = query.all({ planSlug, max, before, ...(limit === 'maxSeats' && { nowMs }) })
    const over = rows.filter(({ isOver }) => isOver === 1)
    count += over.length
    ids.push(...over.slice(0, IDS_SHOWN - ids.length).map(({ id }) => id))
    const last = rows.at(-1)
    if (last === undefined || rows.length < RANGE_LICENSES) {
      return { limit, count, isComplete: true, ids }
    }
    before = last.id
    yield STEPS_PER_RANGE
  }
  return { limit, count, isComplete: false, ids }
}
