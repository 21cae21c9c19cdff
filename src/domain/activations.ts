import type { Change, EventDraft } from './decisions.ts'
import { activationValueOf, type Hostname, matchesFreePattern } from './hostnames.ts'
import { entitlementsOf, type LicenseSnapshot } from './licenses.ts'
import type { Plan } from './plans.ts'
import type { SeatProbe, SeatStanding } from './seats.ts'
import { DAY_MS } from './times.ts'

/** A domain or device that holds a slot, or a domain that is free beside one that does. */
export interface Activation {
  readonly id: string
  readonly licenseId: string
  readonly kind: 'domain' | 'device'
  /** The normalised host name, or the fingerprint as the app gave it. */
  readonly value: string
  readonly name: string | null
  /** The registrable domain; null for devices and addresses. */
  readonly root: string | null
  readonly isFree: boolean
  readonly country: string | null
  readonly createdAtMs: number
  readonly lastSeenAtMs: number
}

/** What a request asks about: the store answers it with the standings below, never with all. */
export interface Probe {
  readonly hostname?: Hostname | null
  readonly fingerprint?: string | undefined
  readonly activationId?: string
  readonly seat?: SeatProbe
  /** Asks for the slots that customers freed themselves since then. */
  readonly deactivationsSinceMs?: number
}

/** How what was probed stands. */
export interface Standings {
  /** The activation that covers the probed host name. */
  readonly domain: Activation | null
  /** Whether a domain of the same registrable domain holds a slot. */
  readonly isRootActivated: boolean
  readonly device: Activation | null
  /** Those unseen for longest, where the plan evicts and the probed newcomer is not in yet. */
  readonly idleDomain: Activation | null
  readonly idleDevice: Activation | null
  /** The one of the probed id. */
  readonly named: Activation | null
  /** Times in ms, oldest first. */
  readonly deactivationsAtMs: readonly number[]
  readonly seat: SeatStanding
}

export const noStandings: Standings = {
  domain: null,
  isRootActivated: false,
  device: null,
  idleDomain: null,
  idleDevice: null,
  named: null,
  deactivationsAtMs: [],
  seat: { seat: null, othersInUse: 0 },
}

export type Subject = LicenseSnapshot & Standings

/** The values under which an activation covers this host name, the one to record first. */
export function coveringValues(hostname: Hostname, plan: Pick<Plan, 'domainMatch'>): string[] {
  const value = activationValueOf(hostname, plan.domainMatch)
  return value === hostname.host ? [value] : [value, hostname.host]
}

/** How a host name would be let in: it is already, costs nothing, takes a slot, or finds none. */
export type DomainAdmission = 'active' | 'development' | 'free' | 'slot' | 'evict' | 'full'

export function admitDomain(subject: Subject, hostname: Hostname, nowMs: number): DomainAdmission {
  const { license, plan, domain, isRootActivated, idleDomain } = subject
  if (domain !== null) return 'active'
  if (plan.developmentDomainsFree && hostname.isDevelopment) return 'development'
  const { maxDomains } = entitlementsOf(license, plan)
  const hasFreeRoom = maxDomains === null || license.freeDomainsUsed < maxDomains
  if (hasFreeRoom && isRootActivated && matchesFreePattern(plan.freeDomainPatterns, hostname)) {
    return 'free'
  }
  return admitToSlot(plan, maxDomains, license.domainsUsed, idleDomain, nowMs)
}

export type DeviceAdmission = 'active' | 'slot' | 'evict' | 'full'

export function admitDevice(subject: Subject, nowMs: number): DeviceAdmission {
  const { license, plan, device, idleDevice } = subject
  if (device !== null) return 'active'
  const { maxDevices } = entitlementsOf(license, plan)
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
  { id, name, country, nowMs }: Newcomer,
): Activation {
  return {
    id,
    licenseId: license.id,
    kind: 'domain',
    value: isFree ? hostname.host : activationValueOf(hostname, plan.domainMatch),
    name,
    root: hostname.root,
    isFree,
    country,
    createdAtMs: nowMs,
    lastSeenAtMs: nowMs,
  }
}

export function deviceActivation(
  { license }: LicenseSnapshot,
  fingerprint: string,
  { id, name, country, nowMs }: Newcomer,
): Activation {
  return {
    id,
    licenseId: license.id,
    kind: 'device',
    value: fingerprint,
    name,
    root: null,
    isFree: false,
    country,
    createdAtMs: nowMs,
    lastSeenAtMs: nowMs,
  }
}

/** The old one goes before the new one comes, so that the limit holds at every moment. */
export function replacing(
  old: Activation | null,
  activation: Activation,
): { readonly changes: readonly Change[]; readonly events: readonly EventDraft[] } {
  const { licenseId } = activation
  const freed = old === null ? null : freeing(old)
  return {
    changes: [...(freed?.changes ?? []), { type: 'activation.create', activation }],
    events: [...(freed?.events ?? []), { type: 'activation.created', licenseId, activation }],
  }
}

/** A slot given up, and the vendor told of it. */
export function freeing(activation: Activation) {
  const { licenseId } = activation
  return {
    changes: [{ type: 'activation.delete', activation }] satisfies Change[],
    events: [{ type: 'activation.deleted', licenseId, activation }] satisfies EventDraft[],
  }
}
