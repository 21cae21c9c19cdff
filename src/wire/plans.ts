import type { Static } from '@sinclair/typebox'
import { offlineDefaults, planDefaults } from '~/domain/plan-defaults.ts'
import { listNotices } from '~/domain/plan-notices.ts'
import type * as domain from '~/domain/plans.ts'
import {
  Count,
  FeatureMap,
  Features,
  Limit,
  Name,
  OptionalTime,
  presentOptionalTime,
  Slug,
} from './fields.ts'
import { parseFields, presentFields } from './names.ts'
import { Type } from './type.ts'

const DAYS_MAX = 36_500
const PATTERNS_MAX = 20
const PATTERN_LENGTH_MAX = 253
const FREE_DOMAINS_MAX = 1000
const LEASE_SECONDS_MAX = 31_536_000
const OFFLINE_DAYS_MAX = 3650
const BORROW_DAYS_MAX = 365

const Days = Type.Integer({ minimum: 1, maximum: DAYS_MAX })
const PerDay = Type.Optional(Type.Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 })))
const thresholds = { countries_per_day: PerDay, devices_per_day: PerDay, domains_per_day: PerDay }

export const Sharing = Type.Object(thresholds, {
  title: 'SharingThresholds',
  additionalProperties: false,
  description: 'Thresholds of `license.sharing_suspected`; null for none.',
})

const offlineDays = (meaning: string, initial: number) =>
  Type.IntegerBetween(1, OFFLINE_DAYS_MAX, `${meaning} Default: ${initial}.`)

const offlineTerms = {
  refresh_days: offlineDays(
    'After how many days an app should get a new lease.',
    offlineDefaults.refreshDays,
  ),
  valid_days: offlineDays(
    'How many days a lease is valid without a warning.',
    offlineDefaults.validDays,
  ),
  hard_days: offlineDays('After how many days a lease ends.', offlineDefaults.hardDays),
  file_days: Type.Nullable({
    ...Days,
    description: `How many days a license file is valid; null for as long as the license. Default: ${offlineDefaults.fileDays}.`,
  }),
}

export const Offline = Type.Object(offlineTerms, {
  title: 'OfflineTerms',
  description: 'How long apps work without the server.',
})

const OfflineChange = Type.Object(Type.Optionals(offlineTerms), {
  title: 'OfflineTermsRequest',
  additionalProperties: false,
  description: 'How long apps work without the server. Fields that are omitted keep their values.',
})

/** Every field of a plan that can be changed: all but its slug and product. */
const bareTerms = {
  name: Name,
  features: Features,
  max_domains: Limit,
  max_devices: Limit,
  max_seats: Limit,
  duration_days: Type.Nullable(Days),
  starts_on: Type.Literals(['creation', 'first_validation']),
  grace_days: Type.Integer({ minimum: 0, maximum: DAYS_MAX }),
  activation: Type.Literals(['automatic', 'explicit']),
  require_domain: Type.Boolean(),
  require_fingerprint: Type.Boolean(),
  domain_match: Type.Literals(['exact', 'subdomains']),
  development_domains_free: Type.Boolean(),
  free_domain_patterns: Type.Array(Type.Text(PATTERN_LENGTH_MAX), { maxItems: PATTERNS_MAX }),
  free_domains_per_domain: Type.Integer({ minimum: 0, maximum: FREE_DOMAINS_MAX }),
  seat_lease_seconds: Type.Integer({ minimum: 1, maximum: LEASE_SECONDS_MAX }),
  self_deactivation: Type.Boolean(),
  evict_idle_days: Type.Nullable(Days),
  deactivations_max_per_30_days: Type.Nullable(Count),
  sharing: Type.Nullable(Sharing),
  offline: Type.Nullable(OfflineChange),
  borrow_days_max: Type.Integer({ minimum: 0, maximum: BORROW_DAYS_MAX }),
}
type TermName = keyof typeof bareTerms
const termNames = Object.keys(bareTerms) as TermName[]
const thresholdNames = Object.keys(thresholds) as (keyof typeof thresholds)[]
const offlineNames = Object.keys(offlineTerms) as (keyof typeof offlineTerms)[]

const meanings: Readonly<Record<Exclude<TermName, 'name'>, string>> = {
  features: 'The features of its licenses, a map from names to values.',
  max_domains: 'The maximum number of domains; null for no limit.',
  max_devices: 'The maximum number of devices; null for no limit.',
  max_seats: 'The maximum number of seats in use at once; null for no limit.',
  duration_days: 'How many days a license is valid; null for a perpetual license.',
  starts_on: 'When the `duration_days` start: `creation` or `first_validation`.',
  grace_days:
    'Days after the expiration during which a license stays valid, with the warning IN_GRACE.',
  activation:
    '`automatic`: validating on a new domain or device takes a free slot. `explicit`: only /activate does.',
  require_domain:
    'Whether a validation must include a domain. If not, apps that omit it are not limited.',
  require_fingerprint:
    'Whether a validation must include a fingerprint. If not, apps that omit it are not limited.',
  domain_match:
    '`exact`: every host takes a slot. `subdomains`: one slot covers a registrable domain and its subdomains.',
  development_domains_free:
    'Whether localhost, private addresses, .test and similar domains take no slot.',
  free_domain_patterns:
    'Patterns for hosts that take no slot: `staging.*` next to an activated domain, `*.wpengine.com` always.',
  free_domains_per_domain:
    'How many free hosts a license may have for each activated domain, and before the first one.',
  seat_lease_seconds: 'How long a seat is held without being renewed.',
  self_deactivation: 'Whether apps can free slots with /deactivate.',
  evict_idle_days:
    'A new domain or device may take a slot that has been idle for this many days; null for never.',
  deactivations_max_per_30_days:
    'How many slots apps can free with /deactivate in 30 days; null for no limit.',
  sharing: 'Daily thresholds of plausible use. Exceeding one emits license.sharing_suspected.',
  offline:
    'How long apps work without the server, with a signed lease or a license file; null for not at all.',
  borrow_days_max: 'For how many days an app may borrow a seat; 0 if it may not.',
}

const defaults = presentPlan({ ...planDefaults, slug: '', productSlug: '', name: '' })

/** The terms, each with its meaning and its value in a plan that is created without it. */
const terms = Object.fromEntries(
  termNames.map((name) => {
    if (name === 'name') return [name, Name]
    const initial = JSON.stringify(defaults[name])
    return [name, { ...bareTerms[name], description: `${meanings[name]} Default: ${initial}.` }]
  }),
) as typeof bareTerms

const example: unknown = presentPlan({
  ...planDefaults,
  slug: 'professional',
  productSlug: 'default',
  name: 'Professional',
  features: { sso: true, projects: 10 },
  maxDomains: 3,
  maxDevices: 5,
  durationDays: 365,
  graceDays: 7,
  freeDomainPatterns: ['staging.*'],
  sharing: { countriesPerDay: 3, devicesPerDay: null, domainsPerDay: null },
})

const ResponseFeatures = { ...FeatureMap, description: terms.features.description ?? '' }

export const Plan = Type.Response(
  'Plan',
  'An offer of a product: limits, features and duration.',
  example,
  {
    slug: Slug,
    product: Slug,
    ...terms,
    name: Type.String(),
    features: ResponseFeatures,
    offline: { ...Type.Nullable(Offline), description: terms.offline.description ?? '' },
    notices: Type.Array(Type.String(), {
      description: 'Limits that nothing enforces, each with the reason.',
    }),
    archived_at: {
      ...OptionalTime,
      description: 'When it was deleted while revoked licenses had it. They still show it.',
    },
  },
)
export type Plan = Static<typeof Plan>

export const CreatePlanBody = Type.Request(
  'CreatePlanRequest',
  [
    {
      slug: 'team-yearly',
      product: 'default',
      name: 'Team, one year',
      max_domains: 10,
      duration_days: 365,
      grace_days: 7,
      features: { sso: true, projects: 50 },
    },
  ],
  { slug: Slug, product: Slug, ...Type.Optionals(terms), name: Name },
)
export type CreatePlanBody = Static<typeof CreatePlanBody>

export const UpdatePlanBody = Type.Request(
  'UpdatePlanRequest',
  [{ max_domains: 20 }],
  Type.Optionals(terms),
)
export type UpdatePlanBody = Static<typeof UpdatePlanBody>

export function presentPlan(plan: domain.Plan): Plan {
  return {
    slug: plan.slug,
    product: plan.productSlug,
    ...presentFields(plan, termNames),
    free_domain_patterns: [...plan.freeDomainPatterns],
    sharing: plan.sharing && presentFields(plan.sharing, thresholdNames),
    offline: plan.offline && presentFields(plan.offline, offlineNames),
    notices: [...listNotices(plan)],
    archived_at: presentOptionalTime(plan.archivedAtMs),
  }
}

/**
 * Parses the fields that are given. Each threshold that `sharing` omits becomes null, and each field
 * that `offline` omits stays as it was in the `former` plan.
 */
export function parsePlanTerms(
  { sharing, offline, ...rest }: UpdatePlanBody,
  former: Pick<domain.PlanTerms, 'offline'> = planDefaults,
): Partial<domain.PlanTerms> {
  const none = { countriesPerDay: null, devicesPerDay: null, domainsPerDay: null }
  const kept = former.offline ?? offlineDefaults
  return {
    ...parseFields(rest),
    ...(sharing !== undefined && { sharing: sharing && { ...none, ...parseFields(sharing) } }),
    ...(offline !== undefined && { offline: offline && { ...kept, ...parseFields(offline) } }),
  }
}
