import type { OfflineTerms, Plan } from './plans.ts'

export const offlineDefaults: OfflineTerms = {
  refreshDays: 1,
  validDays: 7,
  hardDays: 30,
  fileDays: 365,
}

/** The values of fields that are omitted when a plan is created. */
export const planDefaults: Omit<Plan, 'name' | 'slug' | 'productSlug'> = {
  features: {},
  maxDomains: null,
  maxDevices: null,
  maxSeats: null,
  durationDays: null,
  startsOn: 'creation',
  graceDays: 0,
  activation: 'automatic',
  requireDomain: false,
  requireFingerprint: false,
  domainMatch: 'exact',
  developmentDomainsFree: true,
  freeDomainPatterns: [],
  freeDomainsPerDomain: 3,
  seatLeaseSeconds: 300,
  selfDeactivation: true,
  evictIdleDays: null,
  deactivationsMaxPer30Days: null,
  sharing: null,
  offline: offlineDefaults,
  borrowDaysMax: 0,
  archivedAtMs: null,
}
