import { assert } from '~/assert.ts'
import type { EventDraft } from './decisions.ts'
import type { Plan } from './plans.ts'
import { DAY_MS, SECOND_MS } from './times.ts'

/** Entries are kept for at least this long, so that devices that are rarely online get them. */
const KEPT_DAYS_MIN = 30

/** An entry of the revocation feed: tokens of a license or activation issued before then are void. */
export interface Revocation {
  readonly number: number
  readonly id: string
  /** A whole second in ms. 0 lifts an earlier entry. */
  readonly beforeMs: number
}

/** Returns the entry that follows from an event; null for most events. */
export function deriveRevocation(
  { type, licenseId, activation }: EventDraft,
  nowMs: number,
): Omit<Revocation, 'number'> | null {
  if (licenseId === null) return null
  // A token that was issued in the same second is void as well.
  const beforeMs = (Math.floor(nowMs / SECOND_MS) + 1) * SECOND_MS
  switch (type) {
    case 'license.revoked':
    case 'license.suspended':
      return { id: licenseId, beforeMs }
    case 'license.reinstated':
      return { id: licenseId, beforeMs: 0 }
    case 'activation.deleted':
      assert(activation, 'the event names its activation')
      return { id: activation.id, beforeMs }
    default:
      return null
  }
}

/** Returns until when a lease may work that was signed under these terms until now; 0 for never. */
export function getLeasesUntilMs({ offline }: Pick<Plan, 'offline'>, nowMs: number): number {
  return offline === null ? 0 : nowMs + Math.max(offline.hardDays, KEPT_DAYS_MIN) * DAY_MS
}
