import { type Static, type TSchema, Type } from '@sinclair/typebox'
import type * as domain from '~/domain/plans.ts'
import { Count, defined, Features, Limit, literals, Name, nullable, Slug } from './fields.ts'

const DAYS_MAX = 36_500
const PATTERNS_MAX = 20

const Days = Type.Integer({ minimum: 1, maximum: DAYS_MAX })
const PerDay = Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 })))

export const Sharing = Type.Object(
  { countries_per_day: PerDay, devices_per_day: PerDay, domains_per_day: PerDay },
  { additionalProperties: false },
)

/** What it means, and what it is where a plan is created without it. */
const term = <Schema extends TSchema>(schema: Schema, byDefault: unknown, description: string) => {
  const told = { ...schema, description: `${description} By default ${JSON.stringify(byDefault)}.` }
  return told as Schema
}

/** What may be changed in a plan after its creation: all but its slug and product. */
const terms = {
  name: Name,
  features: term(Features, {}, 'What the license includes, by name.'),
  max_domains: term(Limit, null, 'How many domains; null for no limit.'),
  max_devices: term(Limit, null, 'How many devices; null for no limit.'),
  max_seats: term(Limit, null, 'How many floating seats at once; null for no limit.'),
  duration_days: term(nullable(Days), null, 'How long a license runs; null for ever.'),
  starts_on: term(
    literals(['creation', 'first_validation']),
    'creation',
    'When its days begin: creation or first_validation.',
  ),
  grace_days: term(
    Type.Integer({ minimum: 0, maximum: DAYS_MAX }),
    0,
    'Days after its end in which it is valid still, with the warning IN_GRACE.',
  ),
  activation: term(
    literals(['automatic', 'explicit']),
    'automatic',
    'automatic: a validation takes a free slot for what is new. explicit: only /activate does.',
  ),
  require_domain: term(
    Type.Boolean(),
    false,
    'Whether a validation must state its domain. Otherwise an app that leaves it out is not limited.',
  ),
  require_fingerprint: term(
    Type.Boolean(),
    false,
    'Whether a validation must state its device. Otherwise an app that leaves it out is not limited.',
  ),
  domain_match: term(
    literals(['exact', 'subdomains']),
    'exact',
    'exact: each host takes a slot. subdomains: the registrable domain does, for all below it.',
  ),
  development_domains_free: term(
    Type.Boolean(),
    true,
    'Whether localhost, private addresses, .test and the like take no slot.',
  ),
  free_domain_patterns: term(
    Type.Array(Type.String({ maxLength: 253 }), { maxItems: PATTERNS_MAX }),
    [],
    'Patterns such as staging.* that are free beside an activated domain.',
  ),
  seat_lease_seconds: term(
    Type.Integer({ minimum: 1, maximum: 31_536_000 }),
    300,
    'How long a seat is held without being renewed.',
  ),
  self_deactivation: term(Type.Boolean(), true, 'Whether apps may free slots by /deactivate.'),
  evict_idle_days: term(
    nullable(Days),
    null,
    'What is unseen for so many days gives its slot to a newcomer; null for never.',
  ),
  deactivations_max_per_30_days: term(
    nullable(Count),
    null,
    'How often apps may free a slot by /deactivate; null for no limit.',
  ),
  sharing: term(
    nullable(Sharing),
    null,
    'Where license.sharing_suspected is told of: used in more places than these in a day.',
  ),
}

export const Plan = Type.Object(
  { slug: Slug, product: Slug, ...terms },
  {
    title: 'Plan',
    description: 'The plan.',
    examples: [
      {
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
      },
    ],
  },
)
export type Plan = Static<typeof Plan>

const PartialTerms = Type.Partial(Type.Object(terms))

export const CreatePlanBody = Type.Object(
  { slug: Slug, product: Slug, ...PartialTerms.properties, name: Name },
  {
    additionalProperties: false,
    examples: [
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
  },
)
export type CreatePlanBody = Static<typeof CreatePlanBody>

export const UpdatePlanBody = Type.Object(PartialTerms.properties, {
  additionalProperties: false,
  examples: [{ max_domains: 20 }],
})
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
  return defined({
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
