import { activationValueOf, type Hostname, matchesFreePattern } from './hostnames.ts'
import { type Entitlements, entitlementsOf, type LicenseSnapshot } from './licenses.ts'
import type { Plan } from './plans.ts'

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
}

/** How the probed domain and device stand. */
export interface Standings {
  /** The activation that covers the probed host name. */
  readonly domain: Activation | null
  /** Whether a domain of the same registrable domain holds a slot. */
  readonly isRootActivated: boolean
  readonly device: Activation | null
}

export const noStandings: Standings = { domain: null, isRootActivated: false, device: null }

export type Subject = LicenseSnapshot & Standings

/** The values under which an activation covers this host name, the one to record first. */
export function coveringValues(hostname: Hostname, plan: Pick<Plan, 'domainMatch'>): string[] {
  const value = activationValueOf(hostname, plan.domainMatch)
  return value === hostname.host ? [value] : [value, hostname.host]
}

/** How a host name would be let in: it is already, costs nothing, takes a slot, or finds none. */
export type DomainAdmission = 'active' | 'development' | 'free' | 'slot' | 'full'

export function admitDomain(subject: Subject, hostname: Hostname): DomainAdmission {
  const { license, plan, domain, isRootActivated } = subject
  if (domain !== null) return 'active'
  if (plan.developmentDomainsFree && hostname.isDevelopment) return 'development'
  const { maxDomains } = entitlementsOf(license, plan)
  const hasFreeRoom = maxDomains === null || license.freeDomainsUsed < maxDomains
  if (hasFreeRoom && isRootActivated && matchesFreePattern(plan.freeDomainPatterns, hostname)) {
    return 'free'
  }
  return maxDomains === null || license.domainsUsed < maxDomains ? 'slot' : 'full'
}

export type DeviceAdmission = 'active' | 'slot' | 'full'

export function admitDevice({ license, plan, device }: Subject): DeviceAdmission {
  if (device !== null) return 'active'
  const { maxDevices } = entitlementsOf(license, plan)
  return maxDevices === null || license.devicesUsed < maxDevices ? 'slot' : 'full'
}

interface Newcomer {
  readonly id: string
  readonly name?: string | null
  readonly country?: string | null
  readonly nowMs: number
}

export function domainActivation(
  { license, plan }: LicenseSnapshot,
  hostname: Hostname,
  isFree: boolean,
  { id, name = null, country = null, nowMs }: Newcomer,
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
  { id, name = null, country = null, nowMs }: Newcomer,
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

/** "All 3 domains of this license are in use." */
export function limitSentence(noun: 'domain' | 'device' | 'seat', limit: number): string {
  if (limit === 0) return `This license allows no ${noun}s.`
  if (limit === 1) return `The only ${noun} of this license is in use.`
  return `All ${limit} ${noun}s of this license are in use.`
}

export type Limits = Pick<Entitlements, 'maxDomains' | 'maxDevices' | 'maxSeats'>
