import type { Decision } from './decisions.ts'
import { getActivationValue, type Hostname, matchesFreeDomainPattern } from './hostnames.ts'
import { type LicenseSnapshot, resolveEntitlements } from './licenses.ts'
import type { Plan } from './plans.ts'
import type { SeatKey, SeatState } from './seats.ts'
import { DAY_MS } from './times.ts'
import { type Refusal, refuseLimit } from './verdicts.ts'

/** They cost no slot, so a license has the latest of them on record. */
export const DEVELOPMENT_DOMAINS_MAX = 100

/** How many domains may be free beside others where `max_domains` sets no limit to them. */
const FREE_DOMAINS_MAX = 1000

/** A domain or device that holds a slot, or a domain that needs none. */
export interface Activation {
  readonly id: string
  readonly licenseId: string
  readonly kind: 'domain' | 'device'
  /** The normalised host name, or the fingerprint as the app gave it. */
  readonly value: string
  readonly name: string | null
  /** The registrable domain; null for devices, addresses and what is free as a development domain. */
  readonly root: string | null
  /** Beside a domain of the same root that holds a slot, and gone with it; or for development. */
  readonly isFree: boolean
  readonly country: string | null
  readonly createdAtMs: number
  readonly lastSeenAtMs: number
}

/** A domain or device to activate, deactivate or move to. `hostname` is null for invalid input. */
export type Target =
  | { readonly kind: 'domain'; readonly hostname: Hostname | null }
  | { readonly kind: 'device'; readonly fingerprint: string }

/** What a request intends to do, and with what. The store reads only the state that intent needs. */
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
  | { readonly intent: 'seat'; readonly seat: SeatKey; readonly nowMs: number }

/** The activations and seats of a license that a rule reads. What the intent does not need is empty. */
export interface ActivationState {
  /** The activation that covers the queried host name. */
  readonly domain: Activation | null
  /** Whether a domain with the same registrable domain holds a slot. */
  readonly isRootActivated: boolean
  readonly device: Activation | null
  /** The domain and the device unseen for longest, if the plan evicts and the queried one is new. */
  readonly idleDomain: Activation | null
  readonly idleDevice: Activation | null
  /** The development domain unseen for longest, if a new one exceeds the maximum. */
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
  isRootActivated: false,
  device: null,
  idleDomain: null,
  idleDevice: null,
  idleDevelopmentDomain: null,
  selected: null,
  dependents: [],
  deactivationsAtMs: [],
  seat: { seat: null, othersInUse: 0 },
}

export type LicenseState = LicenseSnapshot & ActivationState

/** The values under which an activation covers this host name, the one to record first. */
export function coveringValues(hostname: Hostname, plan: Pick<Plan, 'domainMatch'>): string[] {
  const value = getActivationValue(hostname, plan.domainMatch)
  return value === hostname.host ? [value] : [value, hostname.host]
}

/** Where whole domains are activated, any host of one covers the others: the plan may be new. */
export function coveringRoot({ root }: Hostname, plan: Pick<Plan, 'domainMatch'>): string | null {
  return plan.domainMatch === 'exact' ? null : root
}

/** How a host name would be let in: it is already, costs nothing, takes a slot, or finds none. */
export type DomainAdmission = 'active' | 'development' | 'free' | 'slot' | 'evict' | 'full'

export function admitDomain(
  state: LicenseState,
  hostname: Hostname,
  nowMs: number,
): DomainAdmission {
  const { license, plan, domain, idleDomain } = state
  if (domain !== null) return 'active'
  if (plan.developmentDomainsFree && hostname.isDevelopment) return 'development'
  const { maxDomains } = resolveEntitlements(license, plan)
  const hasFreeRoom = license.freeDomainsUsed < (maxDomains ?? FREE_DOMAINS_MAX)
  if (hasFreeRoom && isFreeBeside(state, hostname)) return 'free'
  return admitToSlot(plan, maxDomains, license.domainsUsed, idleDomain, nowMs)
}

/** Whether a pattern lets it in beside what is activated, as long as there is room. */
export function isFreeBeside({ plan, isRootActivated }: LicenseState, hostname: Hostname): boolean {
  return isRootActivated && matchesFreeDomainPattern(plan.freeDomainPatterns, hostname)
}

export type DeviceAdmission = 'active' | 'slot' | 'evict' | 'full'

export function admitDevice(state: LicenseState, nowMs: number): DeviceAdmission {
  const { license, plan, device, idleDevice } = state
  if (device !== null) return 'active'
  const { maxDevices } = resolveEntitlements(license, plan)
  return admitToSlot(plan, maxDevices, license.devicesUsed, idleDevice, nowMs)
}

/** Where a lowered limit left more in use than it allows, one eviction would not make room. */
function admitToSlot(
  { evictIdleDays }: Plan,
  limit: number | null,
  used: number,
  idle: Activation | null,
  nowMs: number,
): 'slot' | 'evict' | 'full' {
  if (limit === null || used < limit) return 'slot'
  if (evictIdleDays === null || idle === null || used > limit) return 'full'
  return idle.lastSeenAtMs <= nowMs - evictIdleDays * DAY_MS ? 'evict' : 'full'
}

/** What a newcomer hears where its admission is `full`. */
export function refuseFull({ license, plan }: LicenseSnapshot, kind: Activation['kind']): Refusal {
  const { maxDomains, maxDevices } = resolveEntitlements(license, plan)
  return kind === 'domain'
    ? refuseLimit('domain', maxDomains ?? 0, license.domainsUsed)
    : refuseLimit('device', maxDevices ?? 0, license.devicesUsed)
}

/** What is new about an activation besides where or on what it is. */
export interface Newcomer {
  readonly id: string
  readonly name: string | null
  readonly country: string | null
  readonly nowMs: number
}

export function domainActivation(
  { license, plan }: LicenseSnapshot,
  hostname: Hostname,
  isFree: boolean,
  newcomer: Newcomer,
): Activation {
  const value = isFree ? hostname.host : getActivationValue(hostname, plan.domainMatch)
  return activation(
    { licenseId: license.id, kind: 'domain', value },
    hostname.root,
    isFree,
    newcomer,
  )
}

/** On the developer's own machine: on record, beside no other domain. */
export function developmentActivation(
  { license }: LicenseSnapshot,
  { host }: Hostname,
  newcomer: Newcomer,
): Activation {
  return activation({ licenseId: license.id, kind: 'domain', value: host }, null, true, newcomer)
}

export function deviceActivation(
  { license }: LicenseSnapshot,
  fingerprint: string,
  newcomer: Newcomer,
): Activation {
  const place = { licenseId: license.id, kind: 'device', value: fingerprint } as const
  return activation(place, null, false, newcomer)
}

function activation(
  place: Pick<Activation, 'licenseId' | 'kind' | 'value'>,
  root: string | null,
  isFree: boolean,
  { id, name, country, nowMs }: Newcomer,
): Activation {
  return { id, ...place, name, root, isFree, country, createdAtMs: nowMs, lastSeenAtMs: nowMs }
}

/** What a decision about slots writes and tells. */
export type SlotWrites = Pick<Decision<unknown>, 'changes' | 'events'>

/** The old one goes before the new one comes, so that the limit holds at every moment. */
export function replaceActivation(
  { dependents }: Pick<ActivationState, 'dependents'>,
  old: Activation | null,
  activation: Activation,
): SlotWrites {
  const { licenseId, root, isFree } = activation
  // An heir of the same root keeps what was free beside the old one.
  const isHeir = !isFree && root === old?.root
  const freed = old === null ? nothing : freeActivation(old, isHeir ? [] : dependents)
  return {
    changes: [...freed.changes, { type: 'activation.create', activation }],
    events: [...freed.events, { type: 'activation.created', licenseId, activation }],
  }
}

const nothing: SlotWrites = { changes: [], events: [] }

/** A slot given up with those of the dependents that are its own, and the vendor told of each. */
export function freeActivation(
  activation: Activation,
  dependents: readonly Activation[],
): SlotWrites {
  const { licenseId } = activation
  const gone = [activation, ...dependents.filter(({ root }) => root === activation.root)]
  return {
    changes: gone.map((activation) => ({ type: 'activation.delete', activation })),
    events: gone.map((activation) => ({ type: 'activation.deleted', licenseId, activation })),
  }
}
