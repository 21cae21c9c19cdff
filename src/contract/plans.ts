import { type Static, Type } from '@sinclair/typebox'
import { Count, Features, Limit, literals, Name, nullable, Slug } from './fields.ts'

const DAYS_MAX = 36_500
const PATTERNS_MAX = 20

const Days = Type.Integer({ minimum: 1, maximum: DAYS_MAX })
const PerDay = Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 })))

export const Sharing = Type.Object(
  { countries_per_day: PerDay, devices_per_day: PerDay, domains_per_day: PerDay },
  { additionalProperties: false },
)

/** What may be changed in a plan after its creation: all but its slug and product. */
const terms = {
  name: Name,
  features: Features,
  max_domains: Limit,
  max_devices: Limit,
  max_seats: Limit,
  duration_days: nullable(Days),
  starts_on: literals(['creation', 'first_validation']),
  grace_days: Type.Integer({ minimum: 0, maximum: DAYS_MAX }),
  activation: literals(['automatic', 'explicit']),
  require_domain: Type.Boolean(),
  require_fingerprint: Type.Boolean(),
  domain_match: literals(['exact', 'subdomains']),
  development_domains_free: Type.Boolean(),
  free_domain_patterns: Type.Array(Type.String({ maxLength: 253 }), { maxItems: PATTERNS_MAX }),
  seat_lease_seconds: Type.Integer({ minimum: 1, maximum: 31_536_000 }),
  self_deactivation: Type.Boolean(),
  evict_idle_days: nullable(Days),
  deactivations_max_per_30_days: nullable(Count),
  sharing: nullable(Sharing),
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
