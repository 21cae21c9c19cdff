import { assert } from '~/assert.ts'
import type { EventDraft } from './decisions.ts'
import type { Plan } from './plans.ts'
import { DAY_MS, OVERTAKING_MAX_MS, SECOND_MS } from './times.ts'

/** Entries are kept for at least this long, so that devices that are rarely online get them. */
const KEPT_DAYS_MIN = 30

/** An entry of the revocation feed: tokens of a license or activation issued before then are void. */
export interface Revocation {
  readonly number: number
  readonly id: string
  /** A whole second in ms. 0 lifts an earlier entry. */
  readonly beforeMs: number
}

/** An entry before it has a number, with the license that it concerns. */
interface Entry extends Omit<Revocation, 'number'> {
  readonly licenseId: string
}

/**
 * Returns the entries that follow from the events of a decision that is written at `nowMs`. Until its
 * commit is known everywhere, validations still get tokens, which must be void as well.
 */
export function deriveRevocations(events: readonly EventDraft[], nowMs: number): Entry[] {
  const beforeMs = (Math.floor((nowMs + OVERTAKING_MAX_MS) / SECOND_MS) + 1) * SECOND_MS
  // A domain that gives up its slot is deleted and created again: to tokens, it has never ended.
  const created = new Set(
    events.flatMap(({ type, activation }) =>
      type === 'activation.created' && activation ? [activation.id] : [],
    ),
  )
  return events.flatMap((event) => {
    const entry = deriveEntry(event, beforeMs)
    return entry === null || created.has(entry.id) ? [] : [entry]
  })
}

function deriveEntry({ type, licenseId, activation }: EventDraft, beforeMs: number): Entry | null {
  if (licenseId === null) return null
  switch (type) {
    case 'license.revoked':
    case 'license.suspended':
      return { licenseId, id: licenseId, beforeMs }
    case 'license.reinstated':
      return { licenseId, id: licenseId, beforeMs: 0 }
    case 'activation.deleted':
      assert(activation, 'the event names its activation')
      return { licenseId, id: activation.id, beforeMs }
    default:
      return null
  }
}

/** Returns until when a lease may work that was signed under these terms until now; 0 for never. */
export function getLeasesUntilMs({ offline }: Pick<Plan, 'offline'>, nowMs: number): number {
  return offline === null ? 0 : nowMs + Math.max(offline.hardDays, KEPT_DAYS_MIN) * DAY_MS
}
