import { type Decision, unchanged, updateLicense } from './decisions.ts'
import type { License, LicenseSnapshot } from './licenses.ts'
import { EXPIRING_NOTICE_MS } from './terms.ts'

/** Emits `license.expired` once per end date. */
export function decideExpiredNotice({ license }: LicenseSnapshot, nowMs: number): Decision<null> {
  const isDue = license.endsAtMs !== null && nowMs >= license.endsAtMs
  if (!isDue || !isInForce(license) || license.expiredNotifiedAtMs !== null) return unchanged(null)
  // Expiration changes no column, so the event cannot derive the previous status from one.
  const extra = { previous: { status: 'active' } }
  return updateLicense(license, { expiredNotifiedAtMs: nowMs }, 'license.expired', extra)
}

/** Emits `license.expiring` once per end date, unless the end has already passed. */
export function decideExpiringNotice({ license }: LicenseSnapshot, nowMs: number): Decision<null> {
  const { expiresAtMs } = license
  const isDue = expiresAtMs !== null && nowMs >= expiresAtMs - EXPIRING_NOTICE_MS
  if (!isDue || !isInForce(license) || license.expiringNotifiedAtMs !== null) return unchanged(null)
  const notice = updateLicense(license, { expiringNotifiedAtMs: nowMs }, 'license.expiring')
  return nowMs < expiresAtMs ? notice : { ...notice, events: [] }
}

/** Suspended and revoked licenses get no notification about their end. */
function isInForce({ suspendedAtMs, revokedAtMs }: License): boolean {
  return suspendedAtMs === null && revokedAtMs === null
}
