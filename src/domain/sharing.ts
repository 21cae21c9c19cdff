import { type Decision, unchanged, updateLicense } from './decisions.ts'
import { parseHostname } from './hostnames.ts'
import type { LicenseSnapshot } from './licenses.ts'
import type { SharingThresholds } from './plans.ts'
import { DAY_MS, toTimestamp } from './times.ts'
import { getBucket, type Validation } from './usage.ts'

/** The number of places where a license was used in one day, exact up to its plan's thresholds. */
export interface SharingSignals {
  readonly licenseId: string
  /** Days since 1970, in UTC. */
  readonly day: number
  /** The time of the validation that exceeded a threshold. */
  readonly atMs: number
  readonly countries: number
  readonly devices: number
  readonly domains: number
}

/** Refusals of a license that is used in too many places. Others say nothing about sharing. */
export const sharingErrors = [
  'DOMAIN_NOT_ACTIVATED',
  'DOMAIN_LIMIT_REACHED',
  'DEVICE_NOT_ACTIVATED',
  'DEVICE_LIMIT_REACHED',
] as const

/** Returns whether the places of a validation count. */
export function isSharingSignal({ error }: Pick<Validation, 'error'>): boolean {
  return error === null || sharingErrors.some((one) => one === error)
}

/**
 * Returns the registrable domain of a host, because the hosts of one domain belong to one customer;
 * null for a development host.
 */
export function getSharingDomain(host: string | null): string | null {
  const hostname = host === null ? null : parseHostname(host)
  return hostname === null || hostname.isDevelopment ? null : (hostname.root ?? hostname.host)
}

/** Returns the exceeded thresholds by their names in the plan, each with its limit and count. */
export function listExceededThresholds(
  signals: Pick<SharingSignals, 'countries' | 'devices' | 'domains'>,
  { countriesPerDay, devicesPerDay, domainsPerDay }: SharingThresholds,
) {
  const all = [
    { name: 'countries_per_day', limit: countriesPerDay, count: signals.countries },
    { name: 'devices_per_day', limit: devicesPerDay, count: signals.devices },
    { name: 'domains_per_day', limit: domainsPerDay, count: signals.domains },
  ]
  return all.filter(({ limit, count }) => limit !== null && count > limit)
}

/** Appends an event that the license may be shared, once per day. */
export function decideSharingNotice(
  { license, plan }: LicenseSnapshot,
  signals: SharingSignals,
): Decision<null> {
  const { day, atMs } = signals
  const noticeAtMs = license.limitNotices.sharing
  // The validation of a day may be written on the next one. A later notice is from a wrong clock.
  const daysSince = noticeAtMs === undefined ? -1 : getBucket(noticeAtMs, 'day') - day
  const isNotified = daysSince === 0 || daysSince === 1
  const passed = plan.sharing === null ? [] : listExceededThresholds(signals, plan.sharing)
  if (isNotified || passed.length === 0) return unchanged(null)
  const limitNotices = { ...license.limitNotices, sharing: atMs }
  const date = toTimestamp(day * DAY_MS).slice(0, 10)
  const extra = { sharing: { date, passed } }
  return updateLicense(license, { limitNotices }, 'license.sharing_suspected', extra)
}
