import type { Decision, EventDraft, LicenseFacts } from './decisions.ts'
import { unchanged, updateLicense } from './decisions.ts'
import type { EventType } from './events.ts'
import { Fault, invalidField } from './faults.ts'
import type { Plan } from './plans.ts'
import type { LicensePurchase } from './purchases.ts'
import { buildExpiry } from './terms.ts'
import { DAY_MS, HOUR_MS, TIME_MAX_MS } from './times.ts'
import type { UsageCounters } from './usage.ts'

/** The limits and features that apply to a license. */
export type Entitlements = Pick<Plan, 'features' | 'maxDomains' | 'maxDevices' | 'maxSeats'>

/** The terms of a license that differ from its plan. Absent fields are inherited. */
export type Overrides = Partial<Entitlements>

/** A stored license key: an HMAC for lookups, an encrypted copy, and the parts shown to anyone. */
export interface LicenseKey {
  readonly keyHash: string
  readonly keySealed: string
  readonly keyMasked: string
  readonly keyLastFour: string
}

/** Why a license is suspended, the strongest cause first. */
export const suspensionCauses = ['operator', 'dispute', 'past_due'] as const
export type SuspensionCause = (typeof suspensionCauses)[number]

/** A stored license. `endsAtMs` is `expiresAtMs` plus the grace period of its plan. */
export interface License extends LicenseKey {
  readonly id: string
  readonly planSlug: string
  readonly productSlug: string
  readonly overrides: Overrides
  readonly customerEmail: string | null
  readonly customerName: string | null
  readonly metadata: Readonly<Record<string, string | number | boolean | null>>
  readonly externalRef: string | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** The duration that starts with the first validation; null once started, or if it never waits. */
  readonly pendingDays: number | null
  /** When the current term started, which tells how long it is. */
  readonly termStartedAtMs: number
  readonly expiresAtMs: number | null
  readonly endsAtMs: number | null
  /** When `license.expiring` and `license.expired` were emitted for the current end. */
  readonly expiringNotifiedAtMs: number | null
  readonly expiredNotifiedAtMs: number | null
  readonly activatedAtMs: number | null
  readonly suspendedAtMs: number | null
  readonly suspensionReason: string | null
  readonly suspensionCause: SuspensionCause | null
  readonly revokedAtMs: number | null
  readonly domainsUsed: number
  readonly freeDomainsUsed: number
  readonly devicesUsed: number
  readonly limitNotices: LimitNotices
  readonly version: number
}

/** The terms of a license that decisions about the requests of apps read. A cache keeps no more of it. */
export type LicenseTerms = Pick<
  License,
  | 'id'
  | 'keyHash'
  | 'planSlug'
  | 'productSlug'
  | 'overrides'
  | 'pendingDays'
  | 'termStartedAtMs'
  | 'expiresAtMs'
  | 'endsAtMs'
  | 'activatedAtMs'
  | 'suspendedAtMs'
  | 'revokedAtMs'
  | 'domainsUsed'
  | 'freeDomainsUsed'
  | 'devicesUsed'
  | 'limitNotices'
>

/** When `license.limit_reached` was last emitted for each limit. */
export interface LimitNotices {
  readonly domains?: number
  readonly devices?: number
  readonly seats?: number
  /** When `license.sharing_suspected` was last emitted. */
  readonly sharing?: number
}

export type LicenseStatus = 'active' | 'suspended' | 'expired' | 'revoked'

/** Returns the status at this time. It is never stored, so it does not depend on a job. */
export function deriveStatus(license: License, nowMs: number): LicenseStatus {
  if (license.revokedAtMs !== null) return 'revoked'
  if (license.suspendedAtMs !== null) return 'suspended'
  if (license.endsAtMs !== null && nowMs >= license.endsAtMs) return 'expired'
  return 'active'
}

/** Merges the overrides of a license over its plan; features are merged by name. */
export function resolveEntitlements(license: Pick<License, 'overrides'>, plan: Plan): Entitlements {
  const { maxDomains = plan.maxDomains, maxDevices = plan.maxDevices } = license.overrides
  const { maxSeats = plan.maxSeats, features: own } = license.overrides
  const features = own === undefined ? plan.features : { ...plan.features, ...own }
  return { features, maxDomains, maxDevices, maxSeats }
}

/** The terms of a license with its plan, which every decision about it needs. */
export interface TermsSnapshot {
  readonly license: LicenseTerms
  readonly plan: Plan
}

/** A license with its plan. */
export interface LicenseSnapshot extends TermsSnapshot {
  readonly license: License
}

/**
 * Suspends a license, or replaces the cause of its suspension by a stronger one, so that a payment
 * does not lift what an operator has suspended since.
 */
export function decideSuspension(
  { license }: LicenseSnapshot,
  reason: string | null,
  nowMs: number,
  cause: SuspensionCause = 'operator',
): Decision<null> {
  requireNotRevoked(license, 'suspended')
  const set = { suspensionReason: reason, suspensionCause: cause }
  if (license.suspendedAtMs === null) {
    return updateByVendor(license, { ...set, suspendedAtMs: nowMs }, 'license.suspended', nowMs)
  }
  const isStronger =
    suspensionCauses.indexOf(cause) <
    suspensionCauses.indexOf(license.suspensionCause ?? 'operator')
  return isStronger ? updateByVendor(license, set, 'license.updated', nowMs) : unchanged(null)
}

/** An operator lifts any suspension; a payment or a won dispute lifts only its own. */
export function decideReinstatement(
  { license }: LicenseSnapshot,
  nowMs: number,
  cause: SuspensionCause = 'operator',
): Decision<null> {
  requireNotRevoked(license, 'reinstated')
  const isLifted = cause === 'operator' || cause === license.suspensionCause
  if (license.suspendedAtMs === null || !isLifted) return unchanged(null)
  const set = { suspendedAtMs: null, suspensionReason: null, suspensionCause: null }
  return updateByVendor(license, set, 'license.reinstated', nowMs)
}

export function decideRevocation(
  { license }: LicenseSnapshot,
  reason: string | null,
  nowMs: number,
): Decision<null> {
  if (license.revokedAtMs !== null) return unchanged(null)
  const extra = reason === null ? {} : { reason }
  return updateByVendor(license, { revokedAtMs: nowMs }, 'license.revoked', nowMs, extra)
}

/** Adds days to the current end, or to now if that is later. An explicit end is used as given. */
export function decideRenewal(
  { license, plan }: LicenseSnapshot,
  renewal: { readonly expiresAtMs?: number; readonly days?: number },
  nowMs: number,
): Decision<null> {
  requireNotRevoked(license, 'renewed')
  if (license.expiresAtMs === null) {
    const detail =
      license.pendingDays === null
        ? 'This license never expires, so it cannot be renewed. Set expires_at with PUT first.'
        : 'This license starts with its first validation, so it cannot be renewed yet.'
    throw new Fault('perpetual', detail)
  }
  const days = renewal.days ?? plan.durationDays
  if (renewal.expiresAtMs === undefined && days === null) {
    throw new Fault('perpetual', `The plan ${plan.slug} has no duration. Send days or expires_at.`)
  }
  const expiresAtMs =
    renewal.expiresAtMs ?? Math.max(nowMs, license.expiresAtMs) + (days ?? 0) * DAY_MS
  if (expiresAtMs > TIME_MAX_MS) {
    throw invalidField('/days', 'The license would expire after the year 9999. Use fewer days.')
  }
  if (expiresAtMs === license.expiresAtMs) return unchanged(null)
  const set = { ...buildExpiry(expiresAtMs, plan), termStartedAtMs: nowMs }
  return updateByVendor(license, set, 'license.renewed', nowMs)
}

/** The former key stays valid during the overlap. A second rotation ends the first overlap. */
export function decideKeyRotation(
  { license }: LicenseSnapshot,
  key: LicenseKey,
  overlapHours: number,
  nowMs: number,
): Decision<null> {
  requireNotRevoked(license, 'given a new key')
  const decision = updateByVendor(license, {}, 'license.key_rotated', nowMs)
  const formerValidUntilMs = overlapHours === 0 ? null : nowMs + overlapHours * HOUR_MS
  return {
    ...decision,
    changes: [
      { type: 'license.rekey', licenseId: license.id, key, formerValidUntilMs },
      ...decision.changes,
    ],
  }
}

/** Throws a Fault for a revoked license. */
export function requireNotRevoked(license: License, verb: string): void {
  if (license.revokedAtMs === null) return
  const detail = `This license was revoked, which is final, so it cannot be ${verb}. Create a new license instead.`
  throw new Fault('invalid_transition', detail)
}

/** Management changes advance the version; validations and activations do not. */
export function updateByVendor(
  license: License,
  set: LicenseFacts,
  type: EventType,
  nowMs: number,
  extra?: EventDraft['extra'],
): Decision<null> {
  const version = license.version + 1
  return updateLicense(license, { ...set, version, updatedAtMs: nowMs }, type, extra)
}

/** A license as it is presented: with its plan, purchase, 100 oldest domains and usage counters. */
export interface LicenseRecord {
  readonly license: License
  readonly plan: Plan
  readonly domains: readonly string[]
  readonly usage: UsageCounters
  /** Null if it was not bought through a shop. */
  readonly purchase: LicensePurchase | null
}

export interface LicenseFilter {
  readonly status?: { readonly is: LicenseStatus; readonly atMs: number }
  readonly planSlug?: string
  readonly productSlug?: string
  readonly customerEmail?: string
  readonly domain?: string
  readonly externalRef?: string
  readonly expiresBeforeMs?: number
  readonly expiresAfterMs?: number
  readonly createdAfterMs?: number
  /** The start of the email address or name, a whole id, or the last four characters of the key. */
  readonly search?: string
}

export type LicenseSelection =
  | { readonly ids: readonly string[] }
  | { readonly filter: LicenseFilter }
