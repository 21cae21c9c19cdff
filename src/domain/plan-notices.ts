import type { PlanTerms } from './plans.ts'

/** Base64 makes a third more of them, and a token of 16 KiB has other claims as well. */
const FEATURES_BYTES_MAX = 10_000

interface Notice {
  readonly applies: (terms: PlanTerms) => boolean
  readonly text: string
}

const notices: readonly Notice[] = [
  {
    applies: ({ maxDomains, requireDomain }) => maxDomains !== null && !requireDomain,
    text: 'max_domains does not limit apps that validate without a domain. Set require_domain to enforce it.',
  },
  {
    applies: ({ maxDevices, requireFingerprint }) => maxDevices !== null && !requireFingerprint,
    text: 'max_devices does not limit apps that validate without a fingerprint. Set require_fingerprint to enforce it.',
  },
  {
    applies: ({ maxSeats }) => maxSeats !== null,
    text: 'max_seats limits only apps that call /seats/acquire, because /validate requires no seat.',
  },
  {
    applies: ({ activation, requireDomain, requireFingerprint }) =>
      activation === 'explicit' && !requireDomain && !requireFingerprint,
    text: 'activation "explicit" does not stop apps that validate without a domain and a fingerprint. Set require_domain or require_fingerprint to enforce it.',
  },
  {
    applies: ({ evictIdleDays, maxDomains, maxDevices }) =>
      evictIdleDays !== null && maxDomains === null && maxDevices === null,
    text: 'evict_idle_days has no effect, because neither max_domains nor max_devices is limited.',
  },
  {
    applies: ({ deactivationsMaxPer30Days, selfDeactivation }) =>
      deactivationsMaxPer30Days !== null && !selfDeactivation,
    text: 'deactivations_max_per_30_days has no effect, because self_deactivation is false.',
  },
  {
    applies: ({ sharing, requireDomain }) => sharing?.domainsPerDay != null && !requireDomain,
    text: 'sharing.domains_per_day does not count validations without a domain. Set require_domain to count all.',
  },
  {
    applies: ({ sharing, requireFingerprint }) =>
      sharing?.devicesPerDay != null && !requireFingerprint,
    text: 'sharing.devices_per_day does not count validations without a fingerprint. Set require_fingerprint to count all.',
  },
  {
    applies: ({ offline, sharing }) =>
      sharing !== null && offline !== null && offline.refreshDays > 1,
    text: 'sharing counts validations per day, but an app with a lease validates only every offline.refresh_days. Set it to 1 to count every day.',
  },
  {
    applies: ({ offline, maxDomains, maxDevices, selfDeactivation, deactivationsMaxPer30Days }) =>
      offline !== null &&
      (maxDomains !== null || maxDevices !== null) &&
      selfDeactivation &&
      deactivationsMaxPer30Days === null,
    text: 'A domain or device that is deactivated can still be used offline until its lease or file ends. Set deactivations_max_per_30_days, or offline to null, to limit that.',
  },
  {
    applies: ({ offline, evictIdleDays }) =>
      offline !== null && evictIdleDays !== null && evictIdleDays < offline.hardDays,
    text: 'evict_idle_days is shorter than offline.hard_days, so the slot of a device that is offline can be taken while its lease is valid.',
  },
  {
    applies: ({ offline, borrowDaysMax }) => borrowDaysMax > 0 && offline === null,
    text: 'borrow_days_max only keeps seats in use, because offline is null: apps get no lease to work offline with.',
  },
  {
    applies: ({ offline, borrowDaysMax }) => offline !== null && borrowDaysMax > offline.hardDays,
    text: 'borrow_days_max exceeds offline.hard_days, so the lease of a borrowed seat can end before the seat is free again.',
  },
  {
    applies: ({ offline, borrowDaysMax, maxSeats }) =>
      offline !== null && borrowDaysMax > 0 && maxSeats !== null,
    text: 'A borrowed seat that is released early can still be used offline until its lease ends.',
  },
  {
    applies: ({ offline, features }) =>
      offline !== null && countBytes(features) > FEATURES_BYTES_MAX,
    text: `The features take more than ${FEATURES_BYTES_MAX} bytes as JSON. Apps reject leases, files and signed answers of more than 16 KiB.`,
  },
]

/** Returns a sentence for each limit that nothing enforces, or only some apps meet. */
export function listNotices(terms: PlanTerms): readonly string[] {
  return notices.filter(({ applies }) => applies(terms)).map(({ text }) => text)
}

const countBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length
