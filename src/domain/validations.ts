import type { LicenseState } from './activations.ts'
import { admitDevice, admitDomain, noActivationState, refuseFull, takeSlot } from './activations.ts'
import { type Decision, joinWrites, unchanged, updateLicense, type Writes } from './decisions.ts'
import { type Hostname, parseHostname } from './hostnames.ts'
import { type LicenseTerms, resolveEntitlements, type TermsSnapshot } from './licenses.ts'
import { decideRefusal } from './limit-notices.ts'
import type { Features, Plan } from './plans.ts'
import { buildTerm, expiresSoon } from './terms.ts'
import { toTimestamp } from './times.ts'
import type { Refusal } from './verdicts.ts'
import {
  deviceNotActivated,
  domainInvalid,
  domainNotActivated,
  isRefusal,
  licenseRevoked,
  refuse,
} from './verdicts.ts'

export type Warning = 'IN_GRACE' | 'EXPIRES_SOON'

export interface Approval {
  readonly valid: true
  readonly expiresAtMs: number | null
  readonly warnings: readonly Warning[]
}

export type Verdict = Approval | Refusal

/** The request of an app, with its domain parsed. */
export interface ValidationRequest {
  readonly product?: string | undefined
  readonly features?: readonly string[] | undefined
  /** Undefined if no domain was sent; null if it is not a valid host name. */
  readonly hostname?: Hostname | null | undefined
  readonly fingerprint?: string | undefined
  readonly deviceName?: string | undefined
  readonly country?: string | null
}

export interface Check {
  readonly name:
    | 'product'
    | 'revocation'
    | 'suspension'
    | 'expiry'
    | 'features'
    | 'domain'
    | 'device'
  /** The refusal, or null when this check passes. */
  judge(state: LicenseState, request: ValidationRequest, nowMs: number): Refusal | null
}

/** The checks in the order of the contract. The first refusal is the verdict. */
export const checks: readonly Check[] = [
  {
    name: 'product',
    judge: ({ license }, { product }) =>
      product === undefined || product === license.productSlug
        ? null
        : refuse('PRODUCT_MISMATCH', 'This license is for another product.'),
  },
  {
    name: 'revocation',
    judge: ({ license }) => (license.revokedAtMs === null ? null : licenseRevoked),
  },
  {
    name: 'suspension',
    judge: ({ license }) =>
      license.suspendedAtMs === null
        ? null
        : refuse('LICENSE_SUSPENDED', 'This license is suspended.'),
  },
  {
    name: 'expiry',
    judge: ({ license }, _request, nowMs) =>
      license.endsAtMs === null || license.expiresAtMs === null || nowMs < license.endsAtMs
        ? null
        : refuse('LICENSE_EXPIRED', `This license expired on ${formatDay(license.expiresAtMs)}.`, {
            expiredAt: toTimestamp(license.expiresAtMs),
          }),
  },
  {
    name: 'features',
    judge: ({ license, plan }, { features = [] }) => {
      if (features.length === 0) return null
      const included = resolveEntitlements(license, plan).features
      const missing = features.filter((name) => !includesFeature(included, name))
      if (missing.length === 0) return null
      const message = `This license does not include ${missing.join(', ')}.`
      return refuse('FEATURE_NOT_INCLUDED', message, { missing })
    },
  },
  { name: 'domain', judge: judgeDomain },
  { name: 'device', judge: judgeDevice },
]

const statusNames: readonly string[] = ['revocation', 'suspension', 'expiry']
const statusChecks = checks.filter(({ name }) => statusNames.includes(name))
const offlineChecks = checks.filter(
  ({ name }) => name === 'product' || statusNames.includes(name) || name === 'domain',
)

/** Returns the refusal that applies to every client call. */
export function findStatusRefusal(snapshot: TermsSnapshot, nowMs: number): Refusal | null {
  return findRefusal({ ...snapshot, ...noActivationState }, {}, nowMs, statusChecks)
}

const termsChecks = checks.filter(({ name }) => name !== 'domain' && name !== 'device')

/** The part of a request that depends on no place where the license is used. */
export type TermsRequest = Pick<ValidationRequest, 'product' | 'features'>

/**
 * Returns the refusal of a call that asks for a product or features. Calls that can return a signed grant
 * check them as a validation does, so that no proxy can use one call to answer another.
 */
export function findTermsRefusal(
  snapshot: TermsSnapshot,
  request: TermsRequest,
  nowMs: number,
): Refusal | null {
  return findRefusal({ ...snapshot, ...noActivationState }, request, nowMs, termsChecks)
}

/** Returns the refusal of a device without a connection, which can send no domain. */
export function findOfflineRefusal(
  state: LicenseState,
  product: string | null,
  nowMs: number,
): Refusal | null {
  return findRefusal(state, { product: product ?? undefined }, nowMs, offlineChecks)
}

/** Returns the first refusal in the order of the contract; null if the license is valid. */
export function findRefusal(
  state: LicenseState,
  request: ValidationRequest,
  nowMs: number,
  list = checks,
): Refusal | null {
  for (const check of list) {
    const refusal = check.judge(state, request, nowMs)
    if (refusal !== null) return refusal
  }
  return null
}

/**
 * Decides on the verdict. A valid request may take slots and mark the first use. This runs on cached
 * state first; only if there is something to write does it run again, on fresh state.
 */
export function decideValidation(
  state: LicenseState,
  request: ValidationRequest,
  createId: () => string,
  nowMs: number,
): Decision<Verdict> {
  const refusal = findRefusal(state, request, nowMs)
  const { license } = state
  if (refusal !== null) return decideRefusal(license, refusal, nowMs)
  const writes = takeSlots(state, request, createId, nowMs)
  const firstUse = license.activatedAtMs === null ? decideFirstUse(state, nowMs) : null
  if (firstUse !== null) writes.unshift(firstUse)
  const term = firstUse?.result ?? license
  const { expiresAtMs } = term
  const warnings = listWarnings(term, nowMs)
  const result: Approval = { valid: true, expiresAtMs, warnings }
  if (writes.length === 0) return unchanged(result)
  return { result, ...joinWrites([markSeen(state, nowMs), ...writes]) }
}

/** Records the first use of a license, which starts a term that waits for it. */
export function decideFirstUse({ license, plan }: TermsSnapshot, nowMs: number): Decision<Term> {
  const term = startPendingTerm(license, plan, nowMs)
  const set = { activatedAtMs: nowMs, ...term }
  return { ...updateLicense(license, set, 'license.activated'), result: term ?? license }
}

/** A lease lets an app work without validating, so it starts a term that waits for the first use. */
export function startTermForLease<Granted extends object>(
  state: TermsSnapshot,
  decision: Decision<Granted | Refusal>,
  nowMs: number,
): Decision<Granted | Refusal> {
  const { license, plan } = state
  const isLease = plan.offline !== null && !isRefusal(decision.result)
  if (!isLease || license.pendingDays === null) return decision
  return { ...joinWrites([decideFirstUse(state, nowMs), decision]), result: decision.result }
}

/**
 * Updates the last-seen times in the same transaction if the plan evicts idle activations, so that
 * the next decision does not evict one of these.
 */
function markSeen({ plan, domain, device }: LicenseState, atMs: number): Writes {
  const seen = [domain, device].filter((activation) => activation !== null)
  const changes = seen.map((activation) => ({ type: 'activation.see', activation, atMs }) as const)
  return { changes: plan.evictIdleDays === null ? [] : changes, events: [] }
}

/** Parses the `domain` of a request. Returns null, which is refused later, for an invalid one. */
export function parseDomain(domain: string | undefined): Hostname | null | undefined {
  return domain === undefined ? undefined : parseHostname(domain)
}

/** Returns the columns of a term that starts with the first use; null if none waits for it. */
function startPendingTerm({ pendingDays: durationDays }: LicenseTerms, plan: Plan, nowMs: number) {
  if (durationDays === null) return null
  return buildTerm({ durationDays, startsOn: 'creation', graceDays: plan.graceDays }, nowMs)
}

/** Activates the domain and the device of a valid request, unless they are activated already. */
function takeSlots(
  state: LicenseState,
  request: ValidationRequest,
  createId: () => string,
  nowMs: number,
): Writes[] {
  const { hostname, fingerprint, deviceName = null, country = null } = request
  const taken: Writes[] = []
  const domain = hostname ? admitDomain(state, hostname, nowMs) : 'active'
  if (hostname && domain !== 'active' && domain !== 'development') {
    const draft = { id: createId(), name: null, country, nowMs }
    taken.push(takeSlot(state, { kind: 'domain', hostname }, domain, draft))
  }
  if (fingerprint !== undefined && state.device === null) {
    const draft = { id: createId(), name: deviceName, country, nowMs }
    taken.push(takeSlot(state, { kind: 'device', fingerprint }, admitDevice(state, nowMs), draft))
  }
  return taken
}

const noWarnings: readonly Warning[] = []

type Term = Pick<LicenseTerms, 'termStartedAtMs' | 'expiresAtMs' | 'endsAtMs'>

/** Returns the warnings of a valid license. */
export function listWarnings(
  { termStartedAtMs, expiresAtMs }: Term,
  nowMs: number,
): readonly Warning[] {
  if (expiresAtMs === null) return noWarnings
  if (nowMs >= expiresAtMs) return ['IN_GRACE']
  return expiresSoon(termStartedAtMs, expiresAtMs, nowMs) ? ['EXPIRES_SOON'] : noWarnings
}

function judgeDomain(state: LicenseState, { hostname }: ValidationRequest, nowMs: number) {
  const { plan } = state
  if (hostname === undefined) {
    return plan.requireDomain
      ? refuse(
          'DOMAIN_REQUIRED',
          'This license is bound to domains: send the domain that the app runs on.',
        )
      : null
  }
  if (hostname === null) return domainInvalid
  const admission = admitDomain(state, hostname, nowMs)
  if (admission === 'active' || admission === 'development' || admission === 'free') return null
  if (plan.activation === 'explicit') return domainNotActivated(hostname)
  return admission === 'full' ? refuseFull(state, { kind: 'domain', hostname }) : null
}

function judgeDevice(state: LicenseState, { fingerprint }: ValidationRequest, nowMs: number) {
  const { plan } = state
  if (fingerprint === undefined) {
    return plan.requireFingerprint
      ? refuse('FINGERPRINT_REQUIRED', 'This license is bound to devices: send a fingerprint.')
      : null
  }
  const admission = admitDevice(state, nowMs)
  if (admission === 'active') return null
  if (plan.activation === 'explicit') return deviceNotActivated
  return admission === 'full' ? refuseFull(state, { kind: 'device', fingerprint }) : null
}

/** A feature is included unless it is missing, `false` or 0. An empty string is included. */
export function includesFeature(features: Features, name: string): boolean {
  return Object.hasOwn(features, name) && features[name] !== false && features[name] !== 0
}

const formatDay = (timeMs: number) => toTimestamp(timeMs).slice(0, 10)
