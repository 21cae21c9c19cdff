import { type Decision, type EventDraft, type LicenseFacts, unchanged } from './decisions.ts'
import { isEqual } from './equality.ts'
import type { EventType } from './events.ts'
import { Fault, invalidField } from './faults.ts'
import type { Features, Plan } from './plans.ts'
import { DAY_MS, HOUR_MS, TIME_MAX_MS } from './times.ts'

/** What a license says differently from its plan. An absent name is inherited. */
export interface Overrides {
  readonly features?: Features
  readonly maxDomains?: number | null
  readonly maxDevices?: number | null
  readonly maxSeats?: number | null
}

/** A key at rest: an HMAC to find it by, an encrypted copy to show, and what may be seen of it. */
export interface LicenseKey {
  readonly keyHash: string
  readonly keySealed: string
  readonly keyMasked: string
  readonly keyLastFour: string
}

/** A license as it is kept. Times are ms; `endsAtMs` is `expiresAtMs` plus the grace of its plan. */
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
  /** Days that begin with the first validation; null once they have begun, or never wait. */
  readonly pendingDays: number | null
  readonly expiresAtMs: number | null
  readonly endsAtMs: number | null
  /** When its present end was told of as near, and as passed. */
  readonly expiringNotifiedAtMs: number | null
  readonly expiredNotifiedAtMs: number | null
  readonly activatedAtMs: number | null
  readonly suspendedAtMs: number | null
  readonly suspensionReason: string | null
  readonly revokedAtMs: number | null
  readonly lastValidatedAtMs: number | null
  readonly validationCount: number
  readonly domainsUsed: number
  readonly freeDomainsUsed: number
  readonly devicesUsed: number
  /** When it was last told of each limit that it was reached. */
  readonly limitNotices: LimitNotices
  readonly version: number
}

export interface LimitNotices {
  readonly domains?: number
  readonly devices?: number
  readonly seats?: number
  /** When it was last suspected to be shared. */
  readonly sharing?: number
}

export type LicenseStatus = 'active' | 'suspended' | 'expired' | 'revoked'

/** Derived whenever it is read, so it is right whether or not a sweep has run. */
export function deriveStatus(license: License, nowMs: number): LicenseStatus {
  if (license.revokedAtMs !== null) return 'revoked'
  if (license.suspendedAtMs !== null) return 'suspended'
  if (license.endsAtMs !== null && nowMs >= license.endsAtMs) return 'expired'
  return 'active'
}

/** What a license grants: its plan's limits and features under its own. */
export interface Entitlements {
  readonly features: Features
  readonly maxDomains: number | null
  readonly maxDevices: number | null
  readonly maxSeats: number | null
}

export function resolveEntitlements(license: Pick<License, 'overrides'>, plan: Plan): Entitlements {
  const { features, maxDomains, maxDevices, maxSeats } = license.overrides
  return {
    features: features === undefined ? plan.features : { ...plan.features, ...features },
    maxDomains: maxDomains === undefined ? plan.maxDomains : maxDomains,
    maxDevices: maxDevices === undefined ? plan.maxDevices : maxDevices,
    maxSeats: maxSeats === undefined ? plan.maxSeats : maxSeats,
  }
}

/** A new expiry, the end of service that follows from it, and nobody told of it yet. */
export function buildExpiry(expiresAtMs: number | null, plan: Pick<Plan, 'graceDays'>) {
  return {
    expiresAtMs,
    endsAtMs: expiresAtMs === null ? null : expiresAtMs + plan.graceDays * DAY_MS,
    expiringNotifiedAtMs: null,
    expiredNotifiedAtMs: null,
  }
}

/** What a decision about one license looks at first. */
export interface LicenseSnapshot {
  readonly license: License
  readonly plan: Plan
}

export interface LicenseEdit {
  readonly plan?: Plan
  readonly customerEmail?: string
  readonly customerName?: string | null
  readonly metadata?: License['metadata']
  readonly externalRef?: string | null
  readonly expiresAtMs?: number | null
  readonly overrides?: Overrides
  readonly inherit?: readonly (keyof Overrides)[]
}

/** Changes the fields given and leaves the rest. An edit that changes nothing writes nothing. */
export function decideUpdate(
  { license, plan }: LicenseSnapshot,
  edit: LicenseEdit,
  nowMs: number,
): Decision<null> {
  refuseRevoked(license, 'changed')
  const nextPlan = edit.plan ?? plan
  if (nextPlan.productSlug !== license.productSlug) {
    throw invalidField(
      '/plan',
      `This plan is of another product. Choose one of ${license.productSlug}.`,
    )
  }
  const expiresAtMs = edit.expiresAtMs === undefined ? license.expiresAtMs : edit.expiresAtMs
  const endMoves = nextPlan.slug !== plan.slug || expiresAtMs !== license.expiresAtMs
  const set: Partial<LicenseFacts> = {
    planSlug: nextPlan.slug,
    overrides: editOverrides(license.overrides, edit),
    customerEmail: edit.customerEmail ?? license.customerEmail,
    customerName: edit.customerName === undefined ? license.customerName : edit.customerName,
    metadata: edit.metadata ?? license.metadata,
    externalRef: edit.externalRef === undefined ? license.externalRef : edit.externalRef,
    ...(endMoves ? endOfUpdate(license, expiresAtMs, nextPlan) : {}),
    pendingDays: edit.expiresAtMs === undefined ? license.pendingDays : null,
  }
  if (isEqual({ ...license, ...set }, license)) return unchanged(null)
  return managed(license, set, 'license.updated', nowMs)
}

/** Another plan may leave an end where it is: then nobody is told of it again. */
function endOfUpdate(license: License, expiresAtMs: number | null, plan: Plan) {
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
    throw invalidField('/inherit', 'A name cannot be both given a value and inherited.')
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
  refuseRevoked(license, 'suspended')
  if (license.suspendedAtMs !== null) return unchanged(null)
  const set = { suspendedAtMs: nowMs, suspensionReason: reason }
  return managed(license, set, 'license.suspended', nowMs)
}

export function decideReinstatement({ license }: LicenseSnapshot, nowMs: number): Decision<null> {
  refuseRevoked(license, 'reinstated')
  if (license.suspendedAtMs === null) return unchanged(null)
  const set = { suspendedAtMs: null, suspensionReason: null }
  return managed(license, set, 'license.reinstated', nowMs)
}

export function decideRevocation(
  { license }: LicenseSnapshot,
  reason: string | null,
  nowMs: number,
): Decision<null> {
  if (license.revokedAtMs !== null) return unchanged(null)
  const extra = reason === null ? {} : { reason }
  return managed(license, { revokedAtMs: nowMs }, 'license.revoked', nowMs, extra)
}

/** Days count from the later of now and the present end; an explicit end is taken as it is. */
export function decideRenewal(
  { license, plan }: LicenseSnapshot,
  renewal: { readonly expiresAtMs?: number; readonly days?: number },
  nowMs: number,
): Decision<null> {
  refuseRevoked(license, 'renewed')
  if (license.expiresAtMs === null) {
    const detail =
      license.pendingDays === null
        ? 'This license has no end, so there is nothing to renew. Give it one with PUT first.'
        : 'This license starts with its first validation; until then there is nothing to renew.'
    throw new Fault('perpetual', detail)
  }
  const days = renewal.days ?? plan.durationDays
  if (renewal.expiresAtMs === undefined && days === null) {
    throw new Fault(
      'perpetual',
      `The plan ${plan.slug} has no duration to renew by. Give days or expires_at.`,
    )
  }
  const expiresAtMs =
    renewal.expiresAtMs ?? Math.max(nowMs, license.expiresAtMs) + (days ?? 0) * DAY_MS
  if (expiresAtMs > TIME_MAX_MS) {
    throw invalidField('/days', 'That would be after the year 9999. Give fewer days.')
  }
  if (expiresAtMs === license.expiresAtMs) return unchanged(null)
  return managed(license, buildExpiry(expiresAtMs, plan), 'license.renewed', nowMs)
}

/** The old key answers during the overlap; another rotation ends an earlier overlap. */
export function decideKeyRotation(
  { license }: LicenseSnapshot,
  key: LicenseKey,
  overlapHours: number,
  nowMs: number,
): Decision<null> {
  refuseRevoked(license, 'given a new key')
  const decision = managed(license, {}, 'license.key_rotated', nowMs)
  const formerValidUntilMs = overlapHours === 0 ? null : nowMs + overlapHours * HOUR_MS
  return {
    ...decision,
    changes: [
      { type: 'license.rekey', licenseId: license.id, key, formerValidUntilMs },
      ...decision.changes,
    ],
  }
}

function refuseRevoked(license: License, verb: string): void {
  if (license.revokedAtMs === null) return
  throw new Fault(
    'invalid_transition',
    `This license was revoked, which is final: it cannot be ${verb}. Create a new license instead.`,
  )
}

/** A change by the vendor: it moves the version, which validations and activations do not. */
function managed(
  license: License,
  set: Partial<LicenseFacts>,
  type: EventType,
  nowMs: number,
  extra: EventDraft['extra'] = {},
): Decision<null> {
  return {
    result: null,
    changes: [
      {
        type: 'license.update',
        licenseId: license.id,
        set: { ...set, version: license.version + 1, updatedAtMs: nowMs },
      },
    ],
    events: [{ type, licenseId: license.id, extra }],
  }
}

/** A license with its 100 oldest domains: what a view needs. */
export interface LicenseRecord {
  readonly license: License
  readonly plan: Plan
  readonly domains: readonly string[]
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
  /** Beginning of e-mail or name, whole id, or last four of the key. */
  readonly search?: string
}

export type LicenseSelection =
  | { readonly ids: readonly string[] }
  | { readonly filter: LicenseFilter }
