import type { Activation } from './activations.ts'
import { buildActivation, createActivation, type Place } from './activations.ts'
import { joinWrites, type Writes } from './decisions.ts'
import { parseHostname } from './hostnames.ts'
import type { ImportedActivation } from './imported-licenses.ts'
import { getFirstValue, listFreeDomains } from './issuance.ts'
import { type LicenseSnapshot, resolveEntitlements } from './licenses.ts'

/** The activations of a record that the license gets, and sentences about those that it does not. */
export interface Admitted {
  readonly activations: readonly Activation[]
  readonly notes: readonly string[]
}

interface Candidate {
  readonly given: ImportedActivation
  readonly place: Place
}

/**
 * Admits what the license does not have yet, even above its limit: copies that work must not stop.
 * `known` are its activations with these values or external IDs.
 */
export function admitImported(
  snapshot: LicenseSnapshot,
  given: readonly ImportedActivation[],
  known: readonly Activation[],
  createId: () => string,
  nowMs: number,
): Admitted {
  const notes: string[] = []
  const candidates: Candidate[] = []
  for (const one of given) {
    const place = parsePlace(one)
    if (place === null) notes.push(`${one.value.slice(0, 80)} is no domain, so it is left out.`)
    else if (isNeeded(snapshot, one, place)) candidates.push({ given: one, place })
  }
  const added = listNew(snapshot, candidates, known)
  const hostnames = added.flatMap(({ place }) => (place.kind === 'domain' ? [place.hostname] : []))
  const free = listFreeDomains(snapshot.plan, hostnames)
  const activations = added.map((candidate) => {
    const { place } = candidate
    const isFree = place.kind === 'domain' && free.has(place.hostname)
    return build(snapshot, candidate, isFree ? 'free' : 'slot', createId(), nowMs)
  })
  return { activations, notes: [...notes, ...noteLimits(snapshot, activations)] }
}

export function createActivations(activations: readonly Activation[]): Writes {
  return joinWrites(activations.map(createActivation))
}

function parsePlace({ kind, value }: ImportedActivation): Place | null {
  if (kind === 'device') return { kind, fingerprint: value }
  const hostname = parseHostname(value)
  return hostname === null ? null : { kind, hostname }
}

/** A development domain needs no slot, so it is kept only if an app knows its ID. */
function isNeeded({ plan }: LicenseSnapshot, { externalId }: ImportedActivation, place: Place) {
  if (place.kind === 'device' || (externalId ?? null) !== null) return true
  return !(plan.developmentDomainsFree && place.hostname.isDevelopment)
}

/** Leaves out what the license has, and all but the first of those with the same value. */
function listNew(
  { plan }: LicenseSnapshot,
  candidates: readonly Candidate[],
  known: readonly Activation[],
): readonly Candidate[] {
  const seen = new Set(known.map(({ kind, value }) => `${kind}/${value}`))
  const seenIds = new Set(known.flatMap(({ externalId }) => externalId ?? []))
  return candidates.filter(({ given, place }) => {
    const value = place.kind === 'device' ? place.fingerprint : getFirstValue(plan, place.hostname)
    const name = `${place.kind}/${value}`
    if (seen.has(name) || seenIds.has(given.externalId ?? '')) return false
    seen.add(name)
    if (given.externalId) seenIds.add(given.externalId)
    return true
  })
}

function build(
  snapshot: LicenseSnapshot,
  { given, place }: Candidate,
  slotOrFree: 'free' | 'slot',
  id: string,
  nowMs: number,
): Activation {
  const createdAtMs = Math.min(given.createdAtMs ?? nowMs, nowMs)
  const lastSeenAtMs = Math.max(createdAtMs, Math.min(given.lastSeenAtMs ?? nowMs, nowMs))
  const isDevelopment = place.kind === 'domain' && place.hostname.isDevelopment
  const admission =
    isDevelopment && snapshot.plan.developmentDomainsFree ? 'development' : slotOrFree
  const { name = null, externalId = null } = given
  const draft = { id, name, country: null, externalId, nowMs: createdAtMs }
  const activation = buildActivation(snapshot, place, admission, draft)
  return { ...activation, lastSeenAtMs }
}

function noteLimits(
  { license, plan }: LicenseSnapshot,
  activations: readonly Activation[],
): readonly string[] {
  const { maxDomains, maxDevices } = resolveEntitlements(license, plan)
  const note = (used: number, limit: number | null, added: number, noun: string) =>
    limit !== null && added > 0 && used + added > limit
      ? [`It has ${used + added} ${noun}, and its limit is ${limit}. They go on working.`]
      : []
  return [
    ...note(license.domainsUsed, maxDomains, countSlots(activations, 'domain'), 'domains'),
    ...note(license.devicesUsed, maxDevices, countSlots(activations, 'device'), 'devices'),
  ]
}

/** Returns how many slots of a kind these activations take. */
export function countSlots(activations: readonly Activation[], wanted: Activation['kind']): number {
  return activations.filter(({ kind, isFree }) => kind === wanted && !isFree).length
}

/** Returns the values and external IDs by which an existing activation may be one of these. */
export function listActivationNames(given: readonly ImportedActivation[]): readonly string[] {
  const names = given.flatMap((one) => {
    const place = parsePlace(one)
    const hostname = place?.kind === 'domain' ? place.hostname : null
    const value = one.kind === 'device' ? one.value : null
    return [one.externalId, value, hostname?.host, hostname?.root]
  })
  return [...new Set(names.flatMap((name) => name ?? []))]
}
