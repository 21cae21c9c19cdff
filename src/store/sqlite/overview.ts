import { type BoundedCount, expiryWindows, type LicenseCounts } from '~/domain/overview.ts'
import type { PlanUseCount } from '~/domain/plan-effects.ts'
import { DAY_MS } from '~/domain/times.ts'
import { runInTurns, type Steps } from '~/turns.ts'
import type { Overview } from '../overview-port.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { countOverLimits } from './plan-effects.ts'

/** Entries of an index that are counted in one turn. */
const RANGE_LICENSES = 20_000
const STEPS_PER_RANGE = 12
const COUNTED_MAX = 10_000

export function createOverview({ committed: { db } }: Engine): Overview {
  return {
    countLicenses: (nowMs) => runInTurns(countLicenses(db, nowMs)),
    countOverLimits: (...question) => runInTurns(countOverLimits(db, ...question)),
    countByPlan: () => runInTurns(countByPlan(db)),
    countFailedMails: async () =>
      readCount(db, `SELECT 1 FROM mails WHERE state = 'failed' LIMIT ${COUNTED_MAX}`),
  }
}

// As in the indexes, because SQLite compares conditions literally.
const isLive = 'suspended_at_ms IS NULL AND revoked_at_ms IS NULL'
const isUnnotified = `expired_notified_at_ms IS NULL AND ${isLive}`
const isUnwarned = `expiring_notified_at_ms IS NULL AND ${isLive}`
const isNotToWarn =
  '(expiring_notified_at_ms IS NOT NULL OR suspended_at_ms IS NOT NULL OR revoked_at_ms IS NOT NULL)'

/** Counts what is not active in indexes that hold only that, so that many active ones take no time. */
function* countLicenses(db: Db, nowMs: number): Steps<LicenseCounts> {
  // SQLite counts all rows of a table without reading them.
  const all = db.$client.query<{ count: number }, []>('SELECT count(*) AS count FROM licenses')
  const total = all.get()?.count ?? 0
  yield STEPS_PER_RANGE
  const revoked = yield* countStatus(db, 'licenses_revoked', 'revoked_at_ms IS NOT NULL')
  const isSuspended = 'suspended_at_ms IS NOT NULL AND revoked_at_ms IS NULL'
  const suspended = yield* countStatus(db, 'licenses_suspended', isSuspended)
  const isNotified = `expired_notified_at_ms IS NOT NULL AND ${isLive}`
  const isOver = `ends_at_ms <= ${nowMs}`
  const notified = yield* countStatus(db, 'licenses_ended', isNotified, isOver)
  const due = readCount(
    db,
    `SELECT 1 FROM licenses INDEXED BY licenses_to_expire WHERE ${isUnnotified} AND ${isOver}`,
  )
  yield STEPS_PER_RANGE
  const expiring: BoundedCount[] = []
  for (const days of expiryWindows) {
    expiring.push(countExpiring(db, nowMs, nowMs + days * DAY_MS))
    yield STEPS_PER_RANGE
  }
  return { total, revoked, suspended, expired: notified + due, expiring }
}

function* countStatus(db: Db, index: string, condition: string, isCounted = 'TRUE'): Steps<number> {
  const query = db.$client.query<{ rows: number; first: string; counted: number }, [string]>(
    `SELECT count(*) AS rows, min(id) AS first, sum(${isCounted}) AS counted FROM (
       SELECT id, ends_at_ms FROM licenses INDEXED BY ${index}
       WHERE ${condition} AND id < ? ORDER BY id DESC LIMIT ${RANGE_LICENSES})`,
  )
  let total = 0
  for (let before = '~'; ; ) {
    const range = query.get(before)
    total += range?.counted ?? 0
    if (range === null || range.rows < RANGE_LICENSES) return total
    before = range.first
    yield STEPS_PER_RANGE
  }
}

function countExpiring(db: Db, fromMs: number, toMs: number): BoundedCount {
  const isSoon = `expires_at_ms > ${fromMs} AND expires_at_ms <= ${toMs}`
  const count = readCount(
    db,
    `SELECT 1 FROM licenses INDEXED BY licenses_to_warn WHERE ${isUnwarned} AND ${isSoon}
     UNION ALL
     SELECT 1 FROM licenses INDEXED BY licenses_not_to_warn
     WHERE ${isNotToWarn} AND ${isLive} AND ${isSoon}
     LIMIT ${COUNTED_MAX + 1}`,
  )
  return { count: Math.min(count, COUNTED_MAX), isComplete: count <= COUNTED_MAX }
}

function* countByPlan(db: Db): Steps<readonly PlanUseCount[]> {
  const plans = db.$client
    .query<{ slug: string }, []>(
      'SELECT slug FROM plans WHERE archived_at_ms IS NULL ORDER BY position DESC',
    )
    .all()
  const rows = db.$client.query<{ count: number }, [string]>(
    `SELECT count(*) AS count FROM (SELECT 1 FROM licenses INDEXED BY licenses_by_plan
     WHERE plan_slug = ? LIMIT ${COUNTED_MAX + 1})`,
  )
  const counts: PlanUseCount[] = []
  for (const { slug: planSlug } of plans) {
    const count = rows.get(planSlug)?.count ?? 0
    const isComplete = count <= COUNTED_MAX
    counts.push({ planSlug, count: Math.min(count, COUNTED_MAX), isComplete })
    yield 1 + Math.ceil((STEPS_PER_RANGE * count) / RANGE_LICENSES)
  }
  return counts
}

function readCount(db: Db, rows: string): number {
  const query = db.$client.query<{ count: number }, []>(`SELECT count(*) AS count FROM (${rows})`)
  return query.get()?.count ?? 0
}
