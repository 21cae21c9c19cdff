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

/** A license whose expiration is due for a notice. */
export interface ExpirySnapshot extends LicenseSnapshot {
  /** Whether the rule of its purchase also notifies the customer. */
  readonly notifiesCustomer?: boolean
}

/** Emits `license.expiring` once per end date, unless the end has already passed. */
export function decideExpiringNotice(
  { license, notifiesCustomer = false }: ExpirySnapshot,
  nowMs: number,
): Decision<null> {
  const { expiresAtMs } = license
  const isDue = expiresAtMs !== null && nowMs >= expiresAtMs - EXPIRING_NOTICE_MS
  if (!isDue || !isInForce(license) || license.expiringNotifiedAtMs !== null) return unchanged(null)
  const notice = updateLicense(license, { expiringNotifiedAtMs: nowMs }, 'license.expiring')
  if (nowMs >= expiresAtMs) return { ...notice, events: [] }
  return notifiesCustomer
    ? { ...notice, mails: [{ kind: 'expiring', licenseId: license.id }] }
    : notice
}

/** Suspended and revoked licenses get no notification about their end. */
function isInForce({ suspendedAtMs, revokedAtMs }: License): boolean {
  return suspendedAtMs === null && revokedAtMs === null
}
