import { type Decision, unchanged } from './decisions.ts'
import { parseHostname } from './hostnames.ts'
import type { LicenseSnapshot } from './licenses.ts'
import type { SharingThresholds } from './plans.ts'
import { DAY_MS, toTimestamp } from './times.ts'
import { bucketOf, type UsageEntry } from './usage.ts'

/** In how many places a license was used in one day; exact as far as its plan's thresholds go. */
export interface SharingSignals {
  readonly licenseId: string
  /** Days since 1970, in UTC. */
  readonly day: number
  /** When the last of these was seen. */
  readonly atMs: number
  readonly countries: number
  readonly devices: number
  readonly domains: number
}

/** Refusals that only a license in too many hands gets; any other says nothing about sharing. */
export const sharingErrors = [
  'DOMAIN_NOT_ACTIVATED',
  'DOMAIN_LIMIT_REACHED',
  'DEVICE_NOT_ACTIVATED',
  'DEVICE_LIMIT_REACHED',
] as const

/** Whether a validation counts among the places where its license is used. */
export function isSharingSignal({ error }: Pick<UsageEntry, 'error'>): boolean {
  return error === null || sharingErrors.some((one) => one === error)
}

/**
 * As whose a host counts: that of its registrable domain, since shops and staging sites of one are
 * in one hand; null for one that is in the developer's own.
 */
export function sharedDomainOf(host: string | null): string | null {
  const hostname = host === null ? null : parseHostname(host)
  return hostname === null || hostname.isDevelopment ? null : (hostname.root ?? hostname.host)
}

/** What was passed, in the plan's words, with the limit of each and the count that passed it. */
export function passedThresholds(
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

/** Tells of it once a day, whatever was restarted in between. */
export function decideSharingNotice(
  { license, plan }: LicenseSnapshot,
  signals: SharingSignals,
): Decision<null> {
  const { day, atMs } = signals
  const toldAtMs = license.limitNotices.sharing
  const isTold = toldAtMs !== undefined && bucketOf(toldAtMs, 'day') >= day
  const passed = plan.sharing === null ? [] : passedThresholds(signals, plan.sharing)
  if (isTold || passed.length === 0) return unchanged(null)
  const limitNotices = { ...license.limitNotices, sharing: atMs }
  const date = toTimestamp(day * DAY_MS).slice(0, 10)
  return {
    result: null,
    changes: [{ type: 'license.update', licenseId: license.id, set: { limitNotices } }],
    events: [
      {
        type: 'license.sharing_suspected',
        licenseId: license.id,
        extra: { sharing: { date, passed } },
      },
    ],
  }
}
