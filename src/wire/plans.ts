import type { Static, TSchema } from '@sinclair/typebox'
import type * as domain from '~/domain/plans.ts'
import { Count, Features, Limit, Name, omitUndefined, Slug } from './fields.ts'
import { Type } from './type.ts'

const DAYS_MAX = 36_500
const PATTERNS_MAX = 20
const PATTERN_LENGTH_MAX = 253
const LEASE_SECONDS_MAX = 31_536_000

const Days = Type.Integer({ minimum: 1, maximum: DAYS_MAX })
const PerDay = Type.Optional(Type.Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 })))

export const Sharing = Type.Object(
  { countries_per_day: PerDay, devices_per_day: PerDay, domains_per_day: PerDay },
  {
    title: 'SharingThresholds',
    additionalProperties: false,
    description: 'Thresholds of `license.sharing_suspected`; null for none.',
  },
)

/** Describes a field by its meaning and the value it gets when a plan is created without it. */
const describeTerm = <Schema extends TSchema>(
  schema: Schema,
  initial: unknown,
  meaning: string,
) => {
  const described = { ...schema, description: `${meaning} Default: ${JSON.stringify(initial)}.` }
  return described as Schema
}

/** Every field of a plan that can be changed: all but its slug and product. */
const terms = {
  name: Name,
  features: describeTerm(Features, {}, 'The features of its licenses, a map from names to values.'),
  max_domains: describeTerm(Limit, null, 'The maximum number of domains; null for no limit.'),
  max_devices: describeTerm(Limit, null, 'The maximum number of devices; null for no limit.'),
  max_seats: describeTerm(
    Limit,
    null,
    'The maximum number of seats in use at once; null for no limit.',
  ),
  duration_days: describeTerm(
    Type.Nullable(Days),
    null,
    'How many days a license is valid; null for a perpetual license.',
  ),
  starts_on: describeTerm(
    Type.Literals(['creation', 'first_validation']),
    'creation',
    'When the `duration_days` start: `creation` or `first_validation`.',
  ),
  grace_days: describeTerm(
    Type.Integer({ minimum: 0, maximum: DAYS_MAX }),
    0,
    'Days after the expiration during which a license stays valid, with the warning IN_GRACE.',
  ),
  activation: describeTerm(
    Type.Literals(['automatic', 'explicit']),
    'automatic',
    '`automatic`: validating on a new domain or device takes a free slot. `explicit`: only /activate does.',
  ),
  require_domain: describeTerm(
    Type.Boolean(),
    false,
    'Whether a validation must include a domain. If not, apps that omit it are not limited.',
  ),
  require_fingerprint: describeTerm(
    Type.Boolean(),
    false,
    'Whether a validation must include a fingerprint. If not, apps that omit it are not limited.',
  ),
  domain_match: describeTerm(
    Type.Literals(['exact', 'subdomains']),
    'exact',
    '`exact`: every host takes a slot. `subdomains`: one slot covers a registrable domain and its subdomains.',
  ),
  development_domains_free: describeTerm(
    Type.Boolean(),
    true,
    'Whether localhost, private addresses, .test and similar domains take no slot.',
  ),
  free_domain_patterns: describeTerm(
    Type.Array(Type.String({ maxLength: PATTERN_LENGTH_MAX }), { maxItems: PATTERNS_MAX }),
    [],
    'Patterns such as staging.* for hosts that take no slot next to an activated domain.',
  ),
  seat_lease_seconds: describeTerm(
    Type.Integer({ minimum: 1, maximum: LEASE_SECONDS_MAX }),
    300,
    'How long a seat is held without being renewed.',
  ),
  self_deactivation: describeTerm(
    Type.Boolean(),
    true,
    'Whether apps can free slots with /deactivate.',
  ),
  evict_idle_days: describeTerm(
    Type.Nullable(Days),
    null,
    'A new domain or device may take a slot that has been idle for this many days; null for never.',
  ),
  deactivations_max_per_30_days: describeTerm(
    Type.Nullable(Count),
    null,
    'How many slots apps can free with /deactivate in 30 days; null for no limit.',
  ),
  sharing: describeTerm(
    Type.Nullable(Sharing),
    null,
    'Daily thresholds of plausible use. Exceeding one emits license.sharing_suspected.',
  ),
}

const example = {
  slug: 'professional',
  product: 'default',
  name: 'Professional',
  features: { sso: true, projects: 10 },
  max_domains: 3,
  max_devices: 5,
  max_seats: null,
  duration_days: 365,
  starts_on: 'creation',
  grace_days: 7,
  activation: 'automatic',
  require_domain: false,
  require_fingerprint: false,
  domain_match: 'exact',
  development_domains_free: true,
  free_domain_patterns: ['staging.*'],
  seat_lease_seconds: 300,
  self_deactivation: true,
  evict_idle_days: null,
  deactivations_max_per_30_days: null,
  sharing: { countries_per_day: 3, devices_per_day: null, domains_per_day: null },
}

export const Plan = Type.Response(
  'Plan',
  'An offer of a product: limits, features and duration.',
  example,
  { slug: Slug, product: Slug, ...terms },
)
export type Plan = Static<typeof Plan>

const PartialTerms = Type.Partial(Type.Object(terms))

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
  { slug: Slug, product: Slug, ...PartialTerms.properties, name: Name },
)
export type CreatePlanBody = Static<typeof CreatePlanBody>

export const UpdatePlanBody = Type.Request(
  'UpdatePlanRequest',
  [{ max_domains: 20 }],
  PartialTerms.properties,
)
export type UpdatePlanBody = Static<typeof UpdatePlanBody>

export function presentPlan(plan: domain.Plan): Plan {
  const { sharing } = plan
  return {
    slug: plan.slug,
    product: plan.productSlug,
    name: plan.name,
    features: { ...plan.features },
    max_domains: plan.maxDomains,
    max_devices: plan.maxDevices,
    max_seats: plan.maxSeats,
    duration_days: plan.durationDays,
    starts_on: plan.startsOn,
    grace_days: plan.graceDays,
    activation: plan.activation,
    require_domain: plan.requireDomain,
    require_fingerprint: plan.requireFingerprint,
    domain_match: plan.domainMatch,
    development_domains_free: plan.developmentDomainsFree,
    free_domain_patterns: [...plan.freeDomainPatterns],
    seat_lease_seconds: plan.seatLeaseSeconds,
    self_deactivation: plan.selfDeactivation,
    evict_idle_days: plan.evictIdleDays,
    deactivations_max_per_30_days: plan.deactivationsMaxPer30Days,
    sharing:
      sharing === null
        ? null
        : {
            countries_per_day: sharing.countriesPerDay,
            devices_per_day: sharing.devicesPerDay,
            domains_per_day: sharing.domainsPerDay,
          },
  }
}

export function parsePlanTerms(body: UpdatePlanBody): Partial<domain.PlanTerms> {
  const { sharing } = body
  return omitUndefined({
    name: body.name,
    features: body.features,
    maxDomains: body.max_domains,
    maxDevices: body.max_devices,
    maxSeats: body.max_seats,
    durationDays: body.duration_days,
    startsOn: body.starts_on,
    graceDays: body.grace_days,
    activation: body.activation,
    requireDomain: body.require_domain,
    requireFingerprint: body.require_fingerprint,
    domainMatch: body.domain_match,
    developmentDomainsFree: body.development_domains_free,
    freeDomainPatterns: body.free_domain_patterns,
    seatLeaseSeconds: body.seat_lease_seconds,
    selfDeactivation: body.self_deactivation,
    evictIdleDays: body.evict_idle_days,
    deactivationsMaxPer30Days: body.deactivations_max_per_30_days,
    sharing: sharing && {
      countriesPerDay: sharing.countries_per_day ?? null,
      devicesPerDay: sharing.devices_per_day ?? null,
      domainsPerDay: sharing.domains_per_day ?? null,
    },
  })
}
