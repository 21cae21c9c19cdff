import { Fault, invalidField } from './faults.ts'
import { parseFreeDomainPattern } from './free-domains.ts'

/** Counting more of them before a deletion would hold up other requests. */
export const LIVE_LICENSES_MAX = 10_000

export type FeatureValue = boolean | number | string
export type Features = Readonly<Record<string, FeatureValue>>

export interface SharingThresholds {
  readonly countriesPerDay: number | null
  readonly devicesPerDay: number | null
  readonly domainsPerDay: number | null
}

/** How long apps of a plan work without the server. Each is a number of days. */
export interface OfflineTerms {
  /** How old a lease is when the app should get a new one. */
  readonly refreshDays: number
  /** How long a lease is valid without a warning. */
  readonly validDays: number
  /** How long a lease is valid at all. */
  readonly hardDays: number
  /** How long a license file is valid; null for as long as the license. */
  readonly fileDays: number | null
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
  /** How many free domains a license may have for each activated domain, and before the first. */
  readonly freeDomainsPerDomain: number
  readonly seatLeaseSeconds: number
  readonly selfDeactivation: boolean
  readonly evictIdleDays: number | null
  readonly deactivationsMaxPer30Days: number | null
  readonly sharing: SharingThresholds | null
  /** Null if its apps get no leases and no license files. */
  readonly offline: OfflineTerms | null
  /** For how many days an app may borrow a seat; 0 for none. */
  readonly borrowDaysMax: number
}

/** One offer of a product, such as `professional`. */
export interface Plan extends PlanTerms {
  readonly slug: string
  readonly productSlug: string
  /** Set when it was deleted while revoked licenses had it. Only they may still have it. */
  readonly archivedAtMs: number | null
}

/** Throws a Fault for an archived plan, which no license can get. */
export function requireUsable({ slug, archivedAtMs }: Plan): void {
  if (archivedAtMs === null) return
  throw invalidField('/plan', `The plan ${slug} is archived. Choose another plan.`)
}

/** The licenses that have a plan. */
export interface PlanUse {
  readonly plan: Plan
  readonly isUsed: boolean
  /** How many of them are not revoked, up to `LIVE_LICENSES_MAX`. */
  readonly liveLicenses: number
}

/** Deletes a plan (null), or archives it if revoked licenses have it. */
export function decidePlanDeletion(
  { plan, isUsed, liveLicenses }: PlanUse,
  nowMs: number,
): Plan | null {
  if (liveLicenses > 0) {
    const orMore = liveLicenses === LIVE_LICENSES_MAX ? ' or more' : ''
    const subject =
      liveLicenses === 1
        ? '1 license of this plan is'
        : `${liveLicenses}${orMore} licenses of this plan are`
    throw new Fault(
      'in_use',
      `${subject} not revoked. List them with GET /api/v1/licenses?plan=${plan.slug}, ` +
        'then give them another plan or revoke them.',
    )
  }
  return isUsed ? { ...plan, archivedAtMs: plan.archivedAtMs ?? nowMs } : null
}

/**
 * Returns a plan with its domain patterns in their normal form. Throws a Fault for a pattern that is
 * malformed or can never match, and for terms of offline use that contradict each other.
 */
export function normalizePlan(plan: Plan): Plan {
  requireOrder(plan.offline)
  const freeDomainPatterns = plan.freeDomainPatterns.map((text, index) => {
    const pattern = parseFreeDomainPattern(text)
    if (pattern !== null) return pattern
    const detail =
      'Use leading labels followed by .*, such as staging.* or dev-*.*, or *. followed by a domain, ' +
      'such as *.wpengine.com.'
    throw invalidField(`/free_domain_patterns/${index}`, detail)
  })
  return { ...plan, freeDomainPatterns }
}

function requireOrder(offline: OfflineTerms | null): void {
  if (offline === null) return
  const { refreshDays, validDays, hardDays } = offline
  if (refreshDays > validDays) {
    const detail = `Must be at least refresh_days (${refreshDays}), so that apps refresh in time.`
    throw invalidField('/offline/valid_days', detail)
  }
  if (validDays > hardDays) {
    const detail = `Must be at least valid_days (${validDays}), because a lease is not valid any longer.`
    throw invalidField('/offline/hard_days', detail)
  }
}
