import type { Activation as ActivationView } from '~/contract/activations.ts'
import type { ApiKey as ApiKeyView } from '~/contract/api-keys.ts'
import type { Erasure as ErasureView } from '~/contract/customers.ts'
import type { Event as EventView } from '~/contract/events.ts'
import type { License as LicenseView } from '~/contract/licenses.ts'
import type { Plan as PlanView } from '~/contract/plans.ts'
import type { Product as ProductView } from '~/contract/products.ts'
import type { SeatLease as SeatLeaseView, Seat as SeatView } from '~/contract/seats.ts'
import type {
  ExportedEntry as ExportedEntryView,
  LicenseUsageSummary as LicenseUsageView,
  UsageEntry as UsageEntryView,
  UsageSeries as UsageSeriesView,
  UsageSummary as UsageView,
} from '~/contract/usage.ts'
import type { Verdict as VerdictView } from '~/contract/validations.ts'
import type {
  Attempt as AttemptView,
  Delivery as DeliveryView,
  Webhook as WebhookView,
} from '~/contract/webhooks.ts'
import type { Activation } from '~/domain/activations.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import type { Erasure } from '~/domain/customers.ts'
import type { Attempt } from '~/domain/deliveries.ts'
import { disabledReasonOf, type Endpoint } from '~/domain/endpoints.ts'
import { entitlementsOf, type License, type Overrides, statusOf } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import type { Product } from '~/domain/products.ts'
import type { Seat } from '~/domain/seats.ts'
import { toTimestamp } from '~/domain/times.ts'
import {
  type BucketCount,
  type Interval,
  startOf,
  type UsageEntry,
  type UsageFigures,
} from '~/domain/usage.ts'
import type { Verdict } from '~/domain/validations.ts'
import type { DeliveryRecord, EventMaterial, EventRecord, LicenseRecord } from '~/store/port.ts'

/** From domain to wire: the only way out, so a secret leaks only if somebody types its name here. */

export function toProductView({ slug, name, keyPrefix }: Product): ProductView {
  return { slug, name, key_prefix: keyPrefix }
}

export function toPlanView(plan: Plan): PlanView {
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

const overrideWords: Readonly<Record<keyof Overrides, LicenseView['overrides'][number]>> = {
  features: 'features',
  maxDomains: 'max_domains',
  maxDevices: 'max_devices',
  maxSeats: 'max_seats',
}

/** `key` is what the caller may see of it: whole or masked. */
export function toLicenseView(record: LicenseRecord, key: string, nowMs: number): LicenseView {
  const { license, plan, domains } = record
  const { features, maxDomains, maxDevices, maxSeats } = entitlementsOf(license, plan)
  return {
    id: license.id,
    key,
    status: statusOf(license, nowMs),
    product: license.productSlug,
    plan: license.planSlug,
    features: { ...features },
    overrides: overrideNames(license.overrides),
    customer_email: license.customerEmail,
    customer_name: license.customerName,
    max_domains: maxDomains,
    domains: [...domains],
    domains_count: license.domainsUsed,
    max_devices: maxDevices,
    devices: license.devicesUsed,
    max_seats: maxSeats,
    created_at: toTimestamp(license.createdAtMs),
    updated_at: toTimestamp(license.updatedAtMs),
    expires_at: toOptionalTimestamp(license.expiresAtMs),
    ...(license.pendingDays === null ? {} : { starts_on: 'first_validation' as const }),
    activated_at: toOptionalTimestamp(license.activatedAtMs),
    suspended_at: toOptionalTimestamp(license.suspendedAtMs),
    suspension_reason: license.suspensionReason,
    revoked_at: toOptionalTimestamp(license.revokedAtMs),
    last_validated_at: toOptionalTimestamp(license.lastValidatedAtMs),
    validation_count: license.validationCount,
    metadata: { ...license.metadata },
    external_ref: license.externalRef,
    version: license.version,
  }
}

export function overrideNames(overrides: Overrides): LicenseView['overrides'] {
  const names = Object.keys(overrideWords) as (keyof Overrides)[]
  return names.filter((name) => overrides[name] !== undefined).map((name) => overrideWords[name])
}

export function toVerdictView(verdict: Verdict, license: License, plan: Plan): VerdictView {
  if (!verdict.valid) return verdict as Extract<VerdictView, { valid: false }>
  return {
    valid: true,
    license: {
      id: license.id,
      plan: license.planSlug,
      expiresAt: toOptionalTimestamp(verdict.expiresAtMs),
      features: entitlementsOf(license, plan).features,
    },
    warnings: [...verdict.warnings],
  }
}

export function toApiKeyView(apiKey: ApiKey): ApiKeyView {
  return {
    id: apiKey.id,
    name: apiKey.name,
    scopes: [...apiKey.scopes],
    created_at: toTimestamp(apiKey.createdAtMs),
    expires_at: toOptionalTimestamp(apiKey.expiresAtMs),
    last_used_at: toOptionalTimestamp(apiKey.lastUsedAtMs),
  }
}

export function toEventView(event: EventRecord): EventView {
  return {
    id: event.id,
    type: event.type,
    timestamp: toTimestamp(event.timestampMs),
    license_id: event.licenseId,
    sequence: event.sequence,
    data: JSON.parse(event.data) as EventView['data'],
  }
}

export function toActivationView(activation: Activation): ActivationView {
  return {
    id: activation.id,
    license_id: activation.licenseId,
    kind: activation.kind,
    value: activation.value,
    name: activation.name,
    free: activation.isFree,
    created_at: toTimestamp(activation.createdAtMs),
    last_seen_at: toTimestamp(activation.lastSeenAtMs),
    country: activation.country,
  }
}

export function toSeatLeaseView({ id, expiresAtMs }: Seat): SeatLeaseView {
  return { id, expires_at: toTimestamp(expiresAtMs) }
}

export function toSeatView(seat: Seat): SeatView {
  return {
    id: seat.id,
    license_id: seat.licenseId,
    fingerprint: seat.fingerprint,
    name: seat.name,
    acquired_at: toTimestamp(seat.acquiredAtMs),
    expires_at: toTimestamp(seat.expiresAtMs),
  }
}

export function toWebhookView(endpoint: Endpoint): WebhookView {
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: [...endpoint.events],
    description: endpoint.description,
    enabled: endpoint.state === 'enabled',
    disabled_reason: disabledReasonOf(endpoint),
    failing_since: toOptionalTimestamp(endpoint.failingSinceMs),
    created_at: toTimestamp(endpoint.createdAtMs),
  }
}

export function toDeliveryView({ delivery, eventType }: DeliveryRecord): DeliveryView {
  const { progress } = delivery
  return {
    id: delivery.id,
    webhook_id: delivery.endpointId,
    event_id: delivery.eventId,
    event_type: eventType,
    status: progress.status,
    tries: progress.tries,
    next_try_at: progress.status === 'pending' ? toTimestamp(progress.nextTryAtMs) : null,
    created_at: toTimestamp(delivery.createdAtMs),
  }
}

export function toAttemptView(attempt: Attempt): AttemptView {
  return {
    at: toTimestamp(attempt.atMs),
    duration_ms: attempt.durationMs,
    status: attempt.status,
    error: attempt.error,
    response: attempt.responseBody,
  }
}

const outOfReach = [
  'backups made before now',
  'webhooks delivered before now',
  'fingerprints that devices and seats are held by: free those',
  'metadata and external_ref of the licenses: change those',
  'usage and names from before a license went to another e-mail address',
]

export function toErasureView(erasure: Erasure): ErasureView {
  return {
    license_ids: [...erasure.licenseIds],
    events: erasure.events,
    kept_answers: erasure.keptAnswers,
    validations: erasure.validations,
    out_of_reach: [...outOfReach],
  }
}

export function toUsageEntryView(entry: UsageEntry): UsageEntryView {
  const { license_id: _known, ...view } = toExportedEntryView(entry)
  return view
}

export function toExportedEntryView({
  licenseId,
  atMs,
  error,
  ...rest
}: UsageEntry): ExportedEntryView {
  return { at: toTimestamp(atMs), license_id: licenseId, valid: error === null, error, ...rest }
}

export function toLicenseUsageView(figures: UsageFigures, devices: number): LicenseUsageView {
  const { valid, refused, byError, countries, domains } = figures
  return { valid, refused, by_error: { ...byError }, countries: { ...countries }, domains, devices }
}

export function toUsageView(figures: UsageFigures): UsageView {
  const { valid, refused, byError, countries, products, plans } = figures
  return {
    valid,
    refused,
    by_error: { ...byError },
    countries: { ...countries },
    products: { ...products },
    plans: { ...plans },
  }
}

export function toUsageSeriesView(
  interval: Interval,
  counts: readonly BucketCount[],
): UsageSeriesView {
  const data = counts.map(({ bucket, valid, refused }) => ({
    start: toTimestamp(startOf(bucket, interval)),
    valid,
    refused,
  }))
  return { interval, data }
}

/** The JSON text of an event's `data`, frozen in the log: keys masked, what changed beside it. */
export function toEventData(material: EventMaterial): string {
  const { before, after, sequence, activation, extra, nowMs } = material
  const license = after === null ? null : toMaskedView(after, nowMs)
  const previous =
    before === null || license === null ? {} : changedFields(toMaskedView(before, nowMs), license)
  return JSON.stringify({
    ...(license === null ? {} : { license, sequence }),
    ...(Object.keys(previous).length === 0 ? {} : { previous }),
    ...(activation === undefined ? {} : { activation: toActivationView(activation) }),
    ...extra,
  })
}

/** Bookkeeping that moves with every change says nothing about what the change was. */
const bookkeeping: ReadonlySet<string> = new Set(['version', 'updated_at'])

function changedFields(before: LicenseView, after: LicenseView): Partial<LicenseView> {
  const now: Readonly<Record<string, unknown>> = after
  return Object.fromEntries(
    Object.entries(before).filter(
      ([name, value]) => !bookkeeping.has(name) && !Bun.deepEquals(value, now[name]),
    ),
  )
}

function toMaskedView(record: LicenseRecord, nowMs: number): LicenseView {
  return toLicenseView(record, record.license.keyMasked, nowMs)
}

function toOptionalTimestamp(timeMs: number | null): string | null {
  return timeMs === null ? null : toTimestamp(timeMs)
}
