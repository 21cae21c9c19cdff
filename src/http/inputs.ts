import type {
  BulkBody,
  CreateLicenseBody,
  LicenseFilter as FilterWire,
  UpdateLicenseBody,
} from '~/contract/licenses.ts'
import type { UpdatePlanBody } from '~/contract/plans.ts'
import { Fault } from '~/domain/faults.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import type { LicenseEdit, Overrides } from '~/domain/licenses.ts'
import type { Plan, PlanTerms } from '~/domain/plans.ts'
import { readTimestamp } from '~/domain/times.ts'
import type { LicenseFilter } from '~/store/port.ts'

/** From wire to domain: the other direction of `views.ts`. What is left out stays out. */

export function readPlanTerms(body: UpdatePlanBody): Partial<PlanTerms> {
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

export function readOverrides(
  body: Pick<CreateLicenseBody, 'features' | 'max_domains' | 'max_devices' | 'max_seats'>,
): Overrides {
  return defined({
    features: body.features,
    maxDomains: body.max_domains,
    maxDevices: body.max_devices,
    maxSeats: body.max_seats,
  })
}

const overrideByWord = {
  features: 'features',
  max_domains: 'maxDomains',
  max_devices: 'maxDevices',
  max_seats: 'maxSeats',
} as const

/** `plan` is the one that the body names, already found. */
export function readLicenseEdit(
  body: Omit<UpdateLicenseBody, 'plan'>,
  plan: Plan | undefined,
): LicenseEdit {
  return defined({
    plan,
    customerEmail: body.customer_email?.toLowerCase(),
    customerName: body.customer_name,
    metadata: body.metadata,
    externalRef: body.external_ref,
    expiresAtMs: readExpiry(body.expires_at),
    overrides: readOverrides(body),
    inherit: body.inherit?.map((word) => overrideByWord[word]),
  })
}

export function readExpiry(text: string | null | undefined): number | null | undefined {
  return typeof text === 'string' ? readTimestamp(text, '/expires_at') : text
}

export function readRenewal(body: Pick<BulkBody, 'expires_at' | 'days'> | null | undefined) {
  const { expires_at: expiresAt, days } = body ?? {}
  if (expiresAt != null && days !== undefined) {
    throw new Fault('validation_failed', 'Give expires_at or days, not both.')
  }
  return defined({ expiresAtMs: readExpiry(expiresAt) ?? undefined, days })
}

/** `at` names where the filter stands (`?` in a query, `/filter/` in a body), for its errors. */
export function readLicenseFilter(wire: FilterWire, at: string, nowMs: number): LicenseFilter {
  const readTime = (name: 'expires_before' | 'expires_after' | 'created_after') => {
    const text = wire[name]
    return text === undefined ? undefined : readTimestamp(text, `${at}${name}`)
  }
  return defined({
    status: wire.status && { is: wire.status, atMs: nowMs },
    planSlug: wire.plan,
    productSlug: wire.product,
    customerEmail: wire.customer_email?.toLowerCase(),
    domain: wire.domain === undefined ? undefined : (parseHostname(wire.domain)?.host ?? ''),
    externalRef: wire.external_ref,
    expiresBeforeMs: readTime('expires_before'),
    expiresAfterMs: readTime('expires_after'),
    createdAfterMs: readTime('created_after'),
    search: wire.q,
  })
}

/** Drops what is undefined, which means "not given" on the wire and has no place in the domain. */
function defined<Value extends object>(value: Value): Defined<Value> {
  const given = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(given) as Defined<Value>
}

type Defined<Value> = { [Name in keyof Value]?: Exclude<Value[Name], undefined> }
