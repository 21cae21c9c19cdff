import { type BoundedCount, expiryWindows, type LicenseCounts } from '~/domain/overview.ts'
import type { PlanUseCount } from '~/domain/plan-effects.ts'
import { DAY_MS } from '~/domain/times.ts'
import type { Overview } from '../overview-port.ts'
import type { Engine, Reading } from './engine.ts'
import { countOverLimits } from './plan-effects.ts'

const COUNTED_MAX = 10_000

export function createOverview(engine: Engine): Overview {
  return {
    countLicenses: (nowMs) => countLicenses(engine, nowMs),
    countOverLimits: (...question) => countOverLimits(engine, ...question),
    countByPlan: () => countByPlan(engine),
    countFailedMails: async () => {
      const [row] = await engine.client.unsafe<{ count: number }[]>(
        `SELECT ${countUpTo(COUNTED_MAX, "FROM mails WHERE state = 'failed'")} AS count`,
      )
      return row?.count ?? 0
    },
  }
}

const countUpTo = (max: number, rows: string) =>
  `(SELECT count(*)::int FROM (SELECT ${rows} LIMIT ${max}) AS counted)`

const IS_LIVE = 'suspended_at_ms IS NULL AND revoked_at_ms IS NULL'

/**
 * Counts what is not active in indexes that hold only that. The licenses that have ended are counted by
 * two conditions, because each of them is that of an index.
 */
const LICENSES = `SELECT
  (SELECT count(*)::int FROM licenses) AS total,
  (SELECT count(*)::int FROM licenses WHERE revoked_at_ms IS NOT NULL) AS revoked,
  (SELECT count(*)::int FROM licenses
   WHERE suspended_at_ms IS NOT NULL AND revoked_at_ms IS NULL) AS suspended,
  (SELECT count(*)::int FROM licenses
   WHERE ends_at_ms <= $1 AND expired_notified_at_ms IS NOT NULL AND ${IS_LIVE}) AS notified,
  (SELECT count(*)::int FROM licenses
   WHERE ends_at_ms <= $1 AND expired_notified_at_ms IS NULL AND ${IS_LIVE}) AS due`

type Counts = Record<'total' | 'revoked' | 'suspended' | 'notified' | 'due', number>

const noCounts: Counts = { total: 0, revoked: 0, suspended: 0, notified: 0, due: 0 }

async function countLicenses(reading: Reading, nowMs: number): Promise<LicenseCounts> {
  const [row] = await reading.client.unsafe<Counts[]>(LICENSES, [nowMs])
  const { total, revoked, suspended, notified, due } = row ?? noCounts
  const expiring: BoundedCount[] = []
  for (const days of expiryWindows) {
    expiring.push(await countExpiring(reading, nowMs, nowMs + days * DAY_MS))
  }
  return { total, revoked, suspended, expired: notified + due, expiring }
}

async function countExpiring(
  { client }: Reading,
  fromMs: number,
  toMs: number,
): Promise<BoundedCount> {
  const isSoon = `expires_at_ms > $1 AND expires_at_ms <= $2 AND ${IS_LIVE}`
  const [row] = await client.unsafe<{ count: number }[]>(
    `SELECT ${countUpTo(COUNTED_MAX + 1, `FROM licenses WHERE ${isSoon}`)} AS count`,
    [fromMs, toMs],
  )
  return limitCount(row?.count ?? 0)
}

const limitCount = (count: number): BoundedCount => ({
  count: Math.min(count, COUNTED_MAX),
  isComplete: count <= COUNTED_MAX,
})

async function countByPlan({ client }: Reading): Promise<readonly PlanUseCount[]> {
  const count = countUpTo(COUNTED_MAX + 1, 'FROM licenses WHERE plan_slug = plans.slug')
  const rows = await client.unsafe<{ slug: string; count: number }[]>(
    `SELECT slug, ${count} AS count FROM plans
     WHERE archived_at_ms IS NULL ORDER BY position DESC`,
  )
  return rows.map(({ slug, count: counted }) => ({ planSlug: slug, ...limitCount(counted) }))
}
