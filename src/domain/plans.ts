import { invalidField } from './faults.ts'
import { isFreeDomainPattern } from './hostnames.ts'

export type FeatureValue = boolean | number | string
export type Features = Readonly<Record<string, FeatureValue>>

export interface SharingThresholds {
  readonly countriesPerDay: number | null
  readonly devicesPerDay: number | null
  readonly domainsPerDay: number | null
}

/** The fields of a plan that can change after its creation. A `null` limit means no limit. */
export interface PlanTerms {
  readonly name: string
  readonly features: Features
  readonly maxDomains: number | null
  readonly maxDevices: number | null
  readonly maxSeats: number | null
  readonly durationDays: number | null
  readonly startsOn: 'creation' | 'first_validation'
  readonly graceDays: number
  readonly activation: 'automatic' | 'explicit'
  readonly requireDomain: boolean
  readonly requireFingerprint: boolean
  readonly domainMatch: 'exact' | 'subdomains'
  readonly developmentDomainsFree: boolean
  readonly freeDomainPatterns: readonly string[]
  readonly seatLeaseSeconds: number
  readonly selfDeactivation: boolean
  readonly evictIdleDays: number | null
  readonly deactivationsMaxPer30Days: number | null
  readonly sharing: SharingThresholds | null
}

/** One offer of a product, such as `professional`. */
export interface Plan extends PlanTerms {
  readonly slug: string
  readonly productSlug: string
}

/** The values of fields that are omitted when a plan is created. */
export const planDefaults: Omit<PlanTerms, 'name'> = {
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
  seatLeaseSeconds: 300,
  selfDeactivation: true,
  evictIdleDays: null,
  deactivationsMaxPer30Days: null,
  sharing: null,
}

/** Throws a Fault for a domain pattern that is malformed or can never match. */
export function checkPlanTerms(terms: Pick<PlanTerms, 'freeDomainPatterns'>): void {
  for (const [index, pattern] of terms.freeDomainPatterns.entries()) {
    if (!isFreeDomainPattern(pattern)) {
      const detail = 'Use leading labels followed by .*, such as staging.* or dev-*.*.'
      throw invalidField(`/free_domain_patterns/${index}`, detail)
    }
  }
}
