import type { License } from './licenses.ts'
import type { Plan } from './plans.ts'
import { DAY_MS } from './times.ts'

/** How long before its expiration a license is announced as expiring. */
export const EXPIRING_NOTICE_MS = 14 * DAY_MS

/** The part of a shorter term during which the app of the customer is warned. */
const SHORT_TERM_SHARE = 1 / 5

/** Returns the columns of a new expiration: its end with grace, and no notifications sent yet. */
export function buildExpiry(expiresAtMs: number | null, plan: Pick<Plan, 'graceDays'>) {
  return {
    expiresAtMs,
    endsAtMs: expiresAtMs === null ? null : expiresAtMs + plan.graceDays * DAY_MS,
    expiringNotifiedAtMs: null,
    expiredNotifiedAtMs: null,
  }
}

/** Returns the columns of a term that starts as the plan says: now, or with the first validation. */
export function buildTerm(
  plan: Pick<Plan, 'durationDays' | 'startsOn' | 'graceDays'>,
  nowMs: number,
) {
  const { durationDays, startsOn } = plan
  const waits = startsOn === 'first_validation'
  const expiresAtMs = waits || durationDays === null ? null : nowMs + durationDays * DAY_MS
  return {
    pendingDays: waits ? durationDays : null,
    termStartedAtMs: nowMs,
    ...buildExpiry(expiresAtMs, plan),
  }
}

/** Whether the term has yet to start with the first validation. */
export function isWaiting(
  { pendingDays, activatedAtMs, expiresAtMs }: License,
  { startsOn, durationDays }: Plan,
): boolean {
  if (pendingDays !== null) return true
  // A perpetual license that waits has no days to store.
  const waitsForever = startsOn === 'first_validation' && durationDays === null
  return waitsForever && activatedAtMs === null && expiresAtMs === null
}

/** Whether the end of a term is so near that the app should mention it. */
export function expiresSoon(termStartedAtMs: number, expiresAtMs: number, nowMs: number): boolean {
  const shareMs = (expiresAtMs - termStartedAtMs) * SHORT_TERM_SHARE
  return expiresAtMs - nowMs <= Math.min(EXPIRING_NOTICE_MS, shareMs)
}
