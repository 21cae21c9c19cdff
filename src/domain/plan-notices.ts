import type { PlanTerms } from './plans.ts'

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
]

/** Returns a sentence for each limit that nothing enforces, or only some apps meet. */
export function listNotices(terms: PlanTerms): readonly string[] {
  return notices.filter(({ applies }) => applies(terms)).map(({ text }) => text)
}
