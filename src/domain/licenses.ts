import type { Decision, EventDraft, LicenseFacts } from './decisions.ts'
import { unchanged, updateLicense } from './decisions.ts'
import { isEqual } from './equality.ts'
import type { EventType } from './events.ts'
import { Fault, invalidField } from './faults.ts'
import type { Plan } from './plans.ts'
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
  readonly expiresAtMs: number | null
  readonly endsAtMs: number | null
  /** When `license.expiring` and `license.expired` were emitted for the current end. */
  readonly expiringNotifiedAtMs: number | null
  readonly expiredNotifiedAtMs: number | null
  readonly activatedAtMs: number | null
  readonly suspendedAtMs: number | null
  readonly suspensionReason: string | null
  readonly revokedAtMs: number | null
  readonly domainsUsed: number
  readonly freeDomainsUsed: number
  readonly devicesUsed: number
  readonly limitNotices: LimitNotices
  readonly version: number
}

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

/** Returns the columns of a new expiration: its end with grace, and no notifications sent yet. */
export function buildExpiry(expiresAtMs: number | null, plan: Pick<Plan, 'graceDays'>) {
  return {
    expiresAtMs,
    endsAtMs: expiresAtMs === null ? null : expiresAtMs + plan.graceDays * DAY_MS,
    expiringNotifiedAtMs: null,
    expiredNotifiedAtMs: null,
  }
}

/** A license with its plan, which every decision about it needs. */
export interface LicenseSnapshot {
  readonly license: License
  readonly plan: Plan
}

type EditableFields = Pick<License, 'customerName' | 'metadata' | 'externalRef' | 'expiresAtMs'>

export interface LicenseEdit extends Partial<EditableFields> {
  readonly plan?: Plan
  readonly customerEmail?: string
  readonly overrides?: Overrides
  readonly inherit?: readonly (keyof Overrides)[]
}

/** Changes the given fields and keeps the rest. An edit without effect writes nothing. */
export function decideUpdate(
  { license, plan }: LicenseSnapshot,
  edit: LicenseEdit,
  nowMs: number,
): Decision<null> {
  requireNotRevoked(license, 'changed')
  const nextPlan = edit.plan ?? plan
  if (nextPlan.productSlug !== license.productSlug) {
    const detail = `This plan belongs to another product. Choose a plan of ${license.productSlug}.`
    throw invalidField('/plan', detail)
  }
  const expiresAtMs = edit.expiresAtMs === undefined ? license.expiresAtMs : edit.expiresAtMs
  const affectsEnd = nextPlan.slug !== plan.slug || expiresAtMs !== license.expiresAtMs
  const set: LicenseFacts = {
    planSlug: nextPlan.slug,
    overrides: editOverrides(license.overrides, edit),
    customerEmail: edit.customerEmail ?? license.customerEmail,
    customerName: edit.customerName === undefined ? license.customerName : edit.customerName,
    metadata: edit.metadata ?? license.metadata,
    externalRef: edit.externalRef === undefined ? license.externalRef : edit.externalRef,
    ...(affectsEnd ? rebuildExpiry(license, expiresAtMs, nextPlan) : {}),
    pendingDays: edit.expiresAtMs === undefined ? license.pendingDays : null,
  }
  if (isEqual({ ...license, ...set }, license)) return unchanged(null)
  return updateByVendor(license, set, 'license.updated', nowMs)
}

/** A plan change that does not move an end keeps its notification, so that it is not sent twice. */
function rebuildExpiry(license: License, expiresAtMs: number | null, plan: Plan) {
  const end = buildExpiry(expiresAtMs, plan)
  const { expiringNotifiedAtMs, expiredNotifiedAtMs } = license
  return {
    ...end,
    ...(end.expiresAtMs === license.expiresAtMs ? { expiringNotifiedAtMs } : {}),
    ...(end.endsAtMs === license.endsAtMs ? { expiredNotifiedAtMs } : {}),
  }
}

function editOverrides(overrides: Overrides, edit: LicenseEdit): Overrides {
  const inherited = edit.inherit ?? []
  if (inherited.some((name) => edit.overrides?.[name] !== undefined)) {
    throw invalidField('/inherit', 'A field cannot have a value and be inherited at the same time.')
  }
  const entries = Object.entries({ ...overrides, ...edit.overrides })
  return Object.fromEntries(
    entries.filter(([name]) => !inherited.some((dropped) => dropped === name)),
  )
}

export function decideSuspension(
  { license }: LicenseSnapshot,
  reason: string | null,
  nowMs: number,
): Decision<null> {
  requireNotRevoked(license, 'suspended')
  if (license.suspendedAtMs !== null) return unchanged(null)
  const set = { suspendedAtMs: nowMs, suspensionReason: reason }
  return updateByVendor(license, set, 'license.suspended', nowMs)
}

export function decideReinstatement({ license }: LicenseSnapshot, nowMs: number): Decision<null> {
  requireNotRevoked(license, 'reinstated')
  if (license.suspendedAtMs === null) return unchanged(null)
  const set = { suspendedAtMs: null, suspensionReason: null }
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
  return updateByVendor(license, buildExpiry(expiresAtMs, plan), 'license.renewed', nowMs)
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

function requireNotRevoked(license: License, verb: string): void {
  if (license.revokedAtMs === null) return
  const detail = `This license was revoked, which is final, so it cannot be ${verb}. Create a new license instead.`
  throw new Fault('invalid_transition', detail)
}

/** Management changes advance the version; validations and activations do not. */
function updateByVendor(
  license: License,
  set: LicenseFacts,
  type: EventType,
  nowMs: number,
  extra?: EventDraft['extra'],
): Decision<null> {
  const version = license.version + 1
  return updateLicense(license, { ...set, version, updatedAtMs: nowMs }, type, extra)
}

/** A license as it is presented: with its plan, its 100 oldest domains and its usage counters. */
export interface LicenseRecord {
  readonly license: License
  readonly plan: Plan
  readonly domains: readonly string[]
  readonly usage: UsageCounters
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
