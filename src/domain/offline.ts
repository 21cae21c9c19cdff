import { sha256 } from '@noble/hashes/sha2.js'
import type { Activation, LicenseState, Target } from './activations.ts'
import type { Change } from './decisions.ts'
import { Fault } from './faults.ts'
import type { Hostname } from './hostnames.ts'
import { resolveEntitlements, type TermsSnapshot } from './licenses.ts'
import type { OfflineTerms, Plan } from './plans.ts'
import type { Seat } from './seats.ts'
import { DAY_MS } from './times.ts'
import type { AnswerVerdict, SignedSeat, SignedTerms } from './tokens.ts'
import { listWarnings } from './validations.ts'

/** Where a lease or a file can be used, and what it relies on. */
export interface Binding {
  /** See `hashFingerprint`; null if it is bound to no device. */
  readonly fingerprintHash: string | null
  /** See `listCoveredDomains`; null if it is bound to no domain. */
  readonly domains: readonly string[] | null
  readonly activationIds: readonly string[]
  readonly seat: SignedSeat | null
}

export const unbound: Binding = {
  fingerprintHash: null,
  domains: null,
  activationIds: [],
  seat: null,
}

/** The request that a token responds to. */
export interface Origin {
  /** The position of the revocation feed when the request was decided, or earlier. */
  readonly feedPosition: number
  readonly nonce: string | null
  /** The SHA-256 of the request body in base64url; null for files. */
  readonly requestHash: string | null
}

/** Apps reject a token of more than 16 KiB; base64url and the other claims take the rest. */
const CONTENT_BYTES_MAX = 11_000

const utf8 = new TextEncoder()

/** Whether apps would accept a token with these contents, which are what can be long in it. */
export function fitsToken(contents: Pick<SignedTerms, 'features' | 'domains'>): boolean {
  return utf8.encode(JSON.stringify(contents)).length <= CONTENT_BYTES_MAX
}

/** Throws a Fault for a grant that cannot be signed, before anything is taken or started for it. */
export function requireSignable({ license, plan }: TermsSnapshot, { domains }: Binding): void {
  const { features } = resolveEntitlements(license, plan)
  if (fitsToken({ features, domains })) return
  throw new Fault(
    'invalid_transition',
    'The signed response would have more than 16 KiB, which apps reject. Shorten the features of the license or its plan.',
  )
}

/** Returns the terms of a lease, which ends with the license or with its seat at the latest. */
export function buildLeaseTerms(
  snapshot: TermsSnapshot,
  { refreshDays, validDays, hardDays }: OfflineTerms,
  binding: Binding,
  origin: Origin,
  nowMs: number,
): SignedTerms {
  const { license } = snapshot
  const { endsAtMs } = license
  const endMs = Math.min(endsAtMs ?? Infinity, binding.seat?.expiresAtMs ?? Infinity)
  const expiresAtMs = Math.min(nowMs + hardDays * DAY_MS, endMs)
  const validUntilMs = Math.min(nowMs + validDays * DAY_MS, expiresAtMs)
  return {
    ...describeLicense(snapshot, nowMs),
    ...binding,
    ...origin,
    productSlug: license.productSlug,
    licenseId: license.id,
    refreshAfterMs: Math.min(nowMs + refreshDays * DAY_MS, validUntilMs),
    validUntilMs,
    expiresAtMs,
  }
}

/**
 * Whether a lease with this binding respects the limits of the license. One that is bound to nothing, or
 * to a seat while seats have no limit, would let any number of devices work.
 */
export function coversLimits({ license, plan }: TermsSnapshot, binding: Binding): boolean {
  if (!limitsPlaces({ license, plan })) return true
  const { seat, fingerprintHash, domains } = binding
  if (seat === null) return fingerprintHash !== null || domains !== null
  return resolveEntitlements(license, plan).maxSeats !== null
}

/** Whether a license limits devices or domains, so that what is bound to neither would fit anywhere. */
export function limitsPlaces({ license, plan }: TermsSnapshot): boolean {
  const { maxDevices, maxDomains } = resolveEntitlements(license, plan)
  return maxDevices !== null || maxDomains !== null
}

/** Returns a verdict for a license that was found valid, with the seat that the request was for. */
export function buildGrant(
  snapshot: TermsSnapshot,
  { seat }: Pick<Binding, 'seat'>,
  nowMs: number,
): AnswerVerdict {
  return { valid: true, ...describeLicense(snapshot, nowMs), seat }
}

/** Returns the facts about a license that all tokens have in common. */
export function describeLicense({ license, plan }: TermsSnapshot, nowMs: number) {
  return {
    planSlug: license.planSlug,
    features: resolveEntitlements(license, plan).features,
    warnings: listWarnings(license, nowMs),
    endsAtMs: license.endsAtMs,
  }
}

/** Returns the SHA-256 of a fingerprint in UTF-8, in base64url. */
export function hashFingerprint(fingerprint: string): string {
  const hash = sha256(utf8.encode(fingerprint))
  return hash.toBase64({ alphabet: 'base64url', omitPadding: true })
}

/**
 * Returns the hosts on which a token for this one can be used: `example.com`, and `*.example.com` if the
 * activation covers its subdomains. A host that holds no slot covers only itself.
 */
export function listCoveredDomains(
  { host, root }: Pick<Hostname, 'host' | 'root'>,
  activation: Activation | null,
  { domainMatch }: Pick<Plan, 'domainMatch'>,
): readonly string[] {
  const holdsSlot = activation !== null && !activation.isFree
  return domainMatch === 'subdomains' && holdsSlot && root !== null ? [root, `*.${root}`] : [host]
}

/** The domain and the device of a request that was granted. */
export interface Places {
  readonly hostname?: Hostname | null | undefined
  readonly fingerprint?: string | null | undefined
}

/** Returns the binding to the places of a request, given what it found and what it changes. */
export function bindPlaces(
  state: Pick<LicenseState, 'domain' | 'device' | 'plan'>,
  changes: readonly Change[],
  { hostname = null, fingerprint = null }: Places,
): Binding {
  const domain = hostname && (state.domain ?? findCreated(changes, 'domain'))
  const device = fingerprint === null ? null : (state.device ?? findCreated(changes, 'device'))
  return {
    fingerprintHash: fingerprint === null ? null : hashFingerprint(fingerprint),
    domains: hostname && listCoveredDomains(hostname, domain, state.plan),
    activationIds: [domain, device].flatMap((activation) => activation?.id ?? []),
    seat: null,
  }
}

/** Returns the binding to a domain or device that was activated on its own. */
export function bindTarget(target: Target, activation: Activation, plan: Plan): Binding {
  const places =
    target.kind === 'domain'
      ? { hostname: target.hostname, fingerprint: null }
      : { hostname: null, fingerprint: target.fingerprint }
  return bindPlaces({ domain: activation, device: activation, plan }, [], places)
}

/** Returns the binding to a seat and the device that holds it. */
export function bindSeat({ id, expiresAtMs, fingerprint }: Seat): Binding {
  return {
    ...unbound,
    fingerprintHash: hashFingerprint(fingerprint),
    seat: { id, expiresAtMs },
  }
}

/** Returns the activation that changes create. It comes after those that release their slots for it. */
export function findCreated(
  changes: readonly Change[],
  kind: Activation['kind'],
): Activation | null {
  for (const change of changes.toReversed()) {
    if (change.type === 'activation.create' && change.activation.kind === kind) {
      return change.activation
    }
  }
  return null
}
