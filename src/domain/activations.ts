import { type Decision, joinWrites, type Writes } from './decisions.ts'
import { findSuffixPattern, getFreeDomainsMax, listReleased, needsNoSlot } from './free-domains.ts'
import { getActivationValue, type Hostname } from './hostnames.ts'
import { resolveEntitlements, type TermsSnapshot } from './licenses.ts'
import type { Plan } from './plans.ts'
import type { SeatKey, SeatState } from './seats.ts'
import { DAY_MS } from './times.ts'
import { type Refusal, refuseLimit } from './verdicts.ts'

/** Development domains use no slot, so a license keeps only the latest of them. */
export const DEVELOPMENT_DOMAINS_MAX = 100

/** A domain or device that holds a slot, or a free domain that needs none. */
export interface Activation {
  readonly id: string
  readonly licenseId: string
  readonly kind: 'domain' | 'device'
  /** The normalized host name, or the fingerprint as the app sent it. */
  readonly value: string
  readonly name: string | null
  /**
   * The registrable domain, or the suffix pattern that frees the domain; null for devices, IP
   * addresses and free development domains.
   */
  readonly root: string | null
  /**
   * True for a development domain, and for a domain that matches a free pattern. One that matches a
   * prefix depends on a domain with the same root that holds a slot, and is deleted with it.
   */
  readonly isFree: boolean
  readonly country: string | null
  readonly createdAtMs: number
  readonly lastSeenAtMs: number
  /** When the last license file ends that relies on it; 0 without one. */
  readonly filesUntilMs: number
  /** The ID that another product gave it, or that its API needs; unique per license, null without one. */
  readonly externalId: string | null
}

/** The columns by which an activation is found. */
export type ActivationKey = Pick<Activation, 'licenseId' | 'kind' | 'value'>

/** A domain or device that can be activated. */
export type Place =
  | { readonly kind: 'domain'; readonly hostname: Hostname }
  | { readonly kind: 'device'; readonly fingerprint: string }

/** A domain or device to activate, deactivate or move to. `hostname` is null for invalid input. */
export type Target = Place | { readonly kind: 'domain'; readonly hostname: null }

/** The intent of a request. The store reads only the state that this intent needs. */
export type ActivationQuery =
  | { readonly intent: 'none' }
  | {
      readonly intent: 'validate'
      readonly hostname?: Hostname | null | undefined
      readonly fingerprint?: string | undefined
    }
  | { readonly intent: 'activate'; readonly target: Target }
  | { readonly intent: 'deactivate'; readonly target: Target; readonly nowMs: number }
  | { readonly intent: 'move'; readonly activationId: string; readonly target: Target }
  | { readonly intent: 'remove'; readonly activationId: string }
  | { readonly intent: 'return'; readonly activationId: string; readonly nowMs: number }
  | { readonly intent: 'seat'; readonly seat: SeatKey; readonly nowMs: number }

/** The activations and seats that rules read. Parts that an intent does not need are empty. */
export interface ActivationState {
  /** The activation that covers the queried host name. */
  readonly domain: Activation | null
  /**
   * Domains that hold a slot, if the plan has free patterns and the queried host is new: those with
   * its registrable domain, and the oldest ones.
   */
  readonly slots: readonly Activation[]
  readonly device: Activation | null
  /** The domain and device idle the longest, if the plan evicts and the queried one is new. */
  readonly idleDomain: Activation | null
  readonly idleDevice: Activation | null
  /** The development domain idle the longest, if a new one would exceed the maximum. */
  readonly idleDevelopmentDomain: Activation | null
  /** The activation with the queried id. */
  readonly selected: Activation | null
  /** Free domains that are deleted together with the idle, selected or deactivated domain. */
  readonly dependents: readonly Activation[]
  /** The latest deactivations that count against the plan's limit; times in ms, oldest first. */
  readonly deactivationsAtMs: readonly number[]
  readonly seat: SeatState
}

export const noActivationState: ActivationState = {
  domain: null,
  slots: [],
  device: null,
  idleDomain: null,
  idleDevice: null,
  idleDevelopmentDomain: null,
  selected: null,
  dependents: [],
  deactivationsAtMs: [],
  seat: { seat: null, othersInUse: 0 },
}

export type LicenseState = TermsSnapshot & ActivationState

/** Returns the values of activations that cover this host. A new activation gets the first one. */
export function getCoveringValues(hostname: Hostname, plan: Pick<Plan, 'domainMatch'>): string[] {
  const value = getActivationValue(hostname, plan.domainMatch)
  return value === hostname.host ? [value] : [value, hostname.host]
}

/**
 * Returns the root whose activations all cover this host. Under `subdomains`, this includes hosts
 * that were activated while the plan still matched exactly.
 */
export function getCoveringRoot({ root }: Hostname, plan: Pick<Plan, 'domainMatch'>) {
  return plan.domainMatch === 'exact' ? null : root
}

/**
 * How a domain or device would be activated: it already is (`active`), needs no slot (`development`,
 * `free`), takes a free slot, replaces the one idle the longest (`evict`), or is refused (`full`).
 */
export type Admission = 'active' | 'development' | 'free' | 'slot' | 'evict' | 'full'

export function admit(state: LicenseState, place: Place, nowMs: number): Admission {
  return place.kind === 'domain'
    ? admitDomain(state, place.hostname, nowMs)
    : admitDevice(state, nowMs)
}

export function admitDomain(state: LicenseState, hostname: Hostname, nowMs: number): Admission {
  const { license, plan, domain, idleDomain } = state
  if (domain !== null) return 'active'
  if (plan.developmentDomainsFree && hostname.isDevelopment) return 'development'
  const { domainsUsed, freeDomainsUsed } = license
  const hasFreeRoom = freeDomainsUsed < getFreeDomainsMax(plan, domainsUsed)
  if (hasFreeRoom && needsNoSlot(state, hostname)) return 'free'
  const { maxDomains } = resolveEntitlements(license, plan)
  const released = listReleased(state, hostname, domainsUsed + 1).length
  const idle = released === 0 ? idleDomain : null
  return admitToSlot(plan, maxDomains, domainsUsed - released, idle, nowMs)
}

export function admitDevice(state: LicenseState, nowMs: number): 'active' | SlotAdmission {
  const { license, plan, device, idleDevice } = state
  if (device !== null) return 'active'
  const { maxDevices } = resolveEntitlements(license, plan)
  return admitToSlot(plan, maxDevices, license.devicesUsed, idleDevice, nowMs)
}

type SlotAdmission = 'slot' | 'evict' | 'full'

/** Evicts nothing above a lowered limit, because one eviction would not make room. */
function admitToSlot(
  { evictIdleDays }: Plan,
  limit: number | null,
  used: number,
  idle: Activation | null,
  nowMs: number,
): SlotAdmission {
  if (limit === null || used < limit) return 'slot'
  if (evictIdleDays === null || idle === null || used > limit) return 'full'
  return getLastUseMs(idle) <= nowMs - evictIdleDays * DAY_MS ? 'evict' : 'full'
}

/** A license file is used where the server sees nobody, so it counts as use until it ends. */
export const getLastUseMs = ({ lastSeenAtMs, filesUntilMs }: Activation): number =>
  Math.max(lastSeenAtMs, filesUntilMs)

/** Returns the refusal for an admission of `full`, with every limit that was reached. */
export function refuseFull(state: LicenseState, place: Place): Refusal {
  const { license, plan } = state
  const { maxDomains, maxDevices } = resolveEntitlements(license, plan)
  if (place.kind === 'device') return refuseLimit('device', maxDevices ?? 0, license.devicesUsed)
  const refusal = refuseLimit('domain', maxDomains ?? 0, license.domainsUsed)
  if (!needsNoSlot(state, place.hostname)) return refusal
  const freeUsed = license.freeDomainsUsed
  const freeLimit = getFreeDomainsMax(plan, license.domainsUsed)
  const message = `${refusal.message} Its free domains are used up as well (${freeUsed} of ${freeLimit}).`
  return { ...refusal, message, details: { ...refusal.details, freeLimit, freeUsed } }
}

/** The parts of a new activation that do not depend on the license. */
export interface ActivationDraft {
  readonly id: string
  readonly name: string | null
  readonly country: string | null
  readonly nowMs: number
  /** Null when omitted. */
  readonly externalId?: string | null
}

/** A free domain with another root than its registrable domain depends on no other domain. */
export function buildActivation(
  { license, plan }: TermsSnapshot,
  place: Place,
  admission: Admission,
  { id, name, country, nowMs, externalId = null }: ActivationDraft,
): Activation {
  const { kind } = place
  const times = { createdAtMs: nowMs, lastSeenAtMs: nowMs, filesUntilMs: 0 }
  const rest = { id, licenseId: license.id, kind, name, country, externalId, ...times }
  if (kind === 'device') return { ...rest, value: place.fingerprint, root: null, isFree: false }
  const { host, root } = place.hostname
  if (admission === 'development') return { ...rest, value: host, root: null, isFree: true }
  if (admission === 'free') {
    return { ...rest, value: host, root: findSuffixPattern(plan, host) ?? root, isFree: true }
  }
  const value = getActivationValue(place.hostname, plan.domainMatch)
  return { ...rest, value, root, isFree: false }
}

/** Activates a domain or device that was admitted, in place of an idle one if it must. */
export function takeSlot(
  state: LicenseState,
  place: Place,
  admission: Admission,
  draft: ActivationDraft,
): Decision<Activation> {
  const activation = buildActivation(state, place, admission, draft)
  const idle = place.kind === 'domain' ? state.idleDomain : state.idleDevice
  const evicted = admission === 'evict' ? idle : null
  const replaced = admission === 'development' ? state.idleDevelopmentDomain : evicted
  const released =
    admission === 'slot' && place.kind === 'domain'
      ? listReleased(state, place.hostname, state.license.domainsUsed + 1)
      : []
  const writes = replaceActivation(state, replaced, activation)
  return { result: activation, ...joinWrites([releaseSlots(state, released), writes]) }
}

/** Makes domains free that held a slot. To receivers of events, each is deleted and created again. */
export function releaseSlots({ plan }: TermsSnapshot, slots: readonly Activation[]): Writes {
  return joinWrites(
    slots.flatMap((slot) => {
      const root = findSuffixPattern(plan, slot.value) ?? slot.root
      return [removeActivation(slot, []), createActivation({ ...slot, root, isFree: true })]
    }),
  )
}

/** Deletes the old activation before it creates the new one, so the limit is never exceeded. */
export function replaceActivation(
  { dependents }: Pick<ActivationState, 'dependents'>,
  old: Activation | null,
  activation: Activation,
): Writes {
  const { root, isFree } = activation
  const created = createActivation(activation)
  if (old === null) return created
  // A new slot with the same root keeps the dependents of the old one.
  const keepsDependents = !isFree && root === old.root
  return joinWrites([removeActivation(old, keepsDependents ? [] : dependents), created])
}

export function createActivation(activation: Activation): Writes {
  return {
    changes: [{ type: 'activation.create', activation }],
    events: [{ type: 'activation.created', licenseId: activation.licenseId, activation }],
  }
}

/** Deletes an activation and its dependents, with an event for each. */
export function removeActivation(
  activation: Activation,
  dependents: readonly Activation[],
): Writes {
  const { licenseId } = activation
  const removed = [activation, ...dependents.filter(({ root }) => root === activation.root)]
  return {
    changes: removed.map((activation) => ({ type: 'activation.delete', activation })),
    events: removed.map((activation) => ({ type: 'activation.deleted', licenseId, activation })),
  }
}
