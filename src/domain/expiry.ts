import { type Decision, type EventDraft, type LicenseFacts, unchanged } from './decisions.ts'
import type { EventType } from './events.ts'
import type { License, LicenseSnapshot } from './licenses.ts'
import { DAY_MS } from './times.ts'

/** No column changes when time is up, so there is none to tell what it was before. */
const expired = { previous: { status: 'active' } }

/** How long before an expiry its customer is told that it is near. */
export const EXPIRING_NOTICE_MS = 14 * DAY_MS

/** Tells of an end once, by whichever sweep comes first. */
export function decideExpiredNotice({ license }: LicenseSnapshot, nowMs: number): Decision<null> {
  const isDue = license.endsAtMs !== null && nowMs >= license.endsAtMs
  if (!isDue || !mayBeTold(license) || license.expiredNotifiedAtMs !== null) return unchanged(null)
  return tell(license, { expiredNotifiedAtMs: nowMs }, 'license.expired', expired)
}

/** Tells once that an expiry is within 14 days, unless it has passed unnoticed already. */
export function decideExpiringNotice({ license }: LicenseSnapshot, nowMs: number): Decision<null> {
  const { expiresAtMs } = license
  const isDue = expiresAtMs !== null && nowMs >= expiresAtMs - EXPIRING_NOTICE_MS
  if (!isDue || !mayBeTold(license) || license.expiringNotifiedAtMs !== null) return unchanged(null)
  if (nowMs >= expiresAtMs) return mark(license, { expiringNotifiedAtMs: nowMs })
  return tell(license, { expiringNotifiedAtMs: nowMs }, 'license.expiring')
}

/** Who is suspended or revoked has heard worse. */
function mayBeTold({ suspendedAtMs, revokedAtMs }: License): boolean {
  return suspendedAtMs === null && revokedAtMs === null
}

function mark({ id: licenseId }: License, set: Partial<LicenseFacts>): Decision<null> {
  return { result: null, changes: [{ type: 'license.update', licenseId, set }], events: [] }
}

function tell(
  license: License,
  set: Partial<LicenseFacts>,
  type: EventType,
  extra: EventDraft['extra'] = {},
): Decision<null> {
  return { ...mark(license, set), events: [{ type, licenseId: license.id, extra }] }
}
