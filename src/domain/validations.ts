import {
  admitDevice,
  admitDomain,
  deviceActivation,
  domainActivation,
  type LicenseState,
  noActivationState,
  refuseFull,
  replaceActivation,
  type SlotWrites,
} from './activations.ts'
import { type Change, type Decision, type EventDraft, unchanged } from './decisions.ts'
import { EXPIRING_NOTICE_MS } from './expiry.ts'
import { type Hostname, parseHostname } from './hostnames.ts'
import { buildExpiry, type License, type LicenseSnapshot, resolveEntitlements } from './licenses.ts'
import { decideRefusal } from './limit-notices.ts'
import type { Features, Plan } from './plans.ts'
import { DAY_MS, toTimestamp } from './times.ts'
import {
  deviceNotActivated,
  domainInvalid,
  domainNotActivated,
  licenseRevoked,
  type Refusal,
  refuse,
} from './verdicts.ts'

export type Warning = 'IN_GRACE' | 'EXPIRES_SOON'

export interface Approval {
  readonly valid: true
  readonly expiresAtMs: number | null
  readonly warnings: readonly Warning[]
}

export type Verdict = Approval | Refusal

/** What an app asks, its host name already read. */
export interface ValidationRequest {
  readonly product?: string | undefined
  readonly features?: readonly string[] | undefined
  /** Undefined when none was given; null when what was given is no host name. */
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

/** The contract's order: the first that refuses is the verdict. Validate and explain both walk it. */
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
        : refuse('LICENSE_EXPIRED', `This license expired on ${dayOf(license.expiresAtMs)}.`, {
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

const statusChecks = checks.filter(({ name }) =>
  ['revocation', 'suspension', 'expiry'].includes(name),
)

/** The part of the list that no request to a license gets around. */
export function findStatusRefusal(snapshot: LicenseSnapshot, nowMs: number): Refusal | null {
  return firstRefusal(statusChecks, { ...snapshot, ...noActivationState }, {}, nowMs)
}

/** The first refusal in the contract's order, or null: the license is good for this request. */
export function findRefusal(
  state: LicenseState,
  request: ValidationRequest,
  nowMs: number,
): Refusal | null {
  return firstRefusal(checks, state, request, nowMs)
}

function firstRefusal(
  list: readonly Check[],
  state: LicenseState,
  request: ValidationRequest,
  nowMs: number,
): Refusal | null {
  for (const check of list) {
    const refusal = check.judge(state, request, nowMs)
    if (refusal !== null) return refusal
  }
  return null
}

/**
 * The verdict, and what a valid one writes: a slot taken, the first use noted. Run over cached
 * facts first; only when it wants to write is it run again, in the transaction, over fresh ones.
 */
export function decideValidation(
  state: LicenseState,
  request: ValidationRequest,
  createId: () => string,
  nowMs: number,
): Decision<Verdict> {
  const refusal = findRefusal(state, request, nowMs)
  const { license, plan } = state
  if (refusal !== null) return decideRefusal(license, refusal, nowMs)
  const changes: Change[] = []
  const events: EventDraft[] = []
  let expiresAtMs = license.expiresAtMs
  if (license.activatedAtMs === null) {
    if (license.pendingDays !== null) expiresAtMs = nowMs + license.pendingDays * DAY_MS
    changes.push(firstUse(license, plan, expiresAtMs, nowMs))
    events.push({ type: 'license.activated', licenseId: license.id })
  }
  for (const arrival of arrivals(state, request, createId, nowMs)) {
    changes.push(...arrival.changes)
    events.push(...arrival.events)
  }
  const result: Approval = { valid: true, expiresAtMs, warnings: warningsFor(expiresAtMs, nowMs) }
  return changes.length === 0
    ? unchanged(result)
    : { result, changes: [...sightings(state, nowMs), ...changes], events }
}

/**
 * Where slots are given away, no newcomer of the same transaction may take this one for idle. At
 * other times it is enough to note it once it is answered.
 */
function sightings({ plan, domain, device }: LicenseState, atMs: number): readonly Change[] {
  if (plan.evictIdleDays === null) return []
  return [domain, device].flatMap((activation) =>
    activation === null ? [] : [{ type: 'activation.see', activation, atMs }],
  )
}

/** Reads the `domain` of a request; a text that is no host name stays to be refused in its turn. */
export function readDomain(domain: string | undefined): Hostname | null | undefined {
  return domain === undefined ? undefined : parseHostname(domain)
}

function firstUse(license: License, plan: Plan, expiresAtMs: number | null, nowMs: number): Change {
  const begins = { ...buildExpiry(expiresAtMs, plan), pendingDays: null }
  return {
    type: 'license.update',
    licenseId: license.id,
    set: { activatedAtMs: nowMs, ...(license.pendingDays === null ? {} : begins) },
  }
}

/** The slots that a good request takes: a domain's, a device's, both or none. */
function arrivals(
  state: LicenseState,
  request: ValidationRequest,
  createId: () => string,
  nowMs: number,
): readonly SlotWrites[] {
  const { hostname, fingerprint, deviceName = null, country = null } = request
  const taken: SlotWrites[] = []
  const domain = hostname ? admitDomain(state, hostname, nowMs) : 'active'
  if (hostname && domain !== 'active' && domain !== 'development') {
    const newcomer = { id: createId(), name: null, country, nowMs }
    const activation = domainActivation(state, hostname, domain === 'free', newcomer)
    taken.push(replaceActivation(state, domain === 'evict' ? state.idleDomain : null, activation))
  }
  if (fingerprint !== undefined && state.device === null) {
    const newcomer = { id: createId(), name: deviceName, country, nowMs }
    const activation = deviceActivation(state, fingerprint, newcomer)
    const isEviction = admitDevice(state, nowMs) === 'evict'
    taken.push(replaceActivation(state, isEviction ? state.idleDevice : null, activation))
  }
  return taken
}

const noWarnings: readonly Warning[] = []

function warningsFor(expiresAtMs: number | null, nowMs: number): readonly Warning[] {
  if (expiresAtMs === null || expiresAtMs - nowMs > EXPIRING_NOTICE_MS) return noWarnings
  return [nowMs >= expiresAtMs ? 'IN_GRACE' : 'EXPIRES_SOON']
}

function judgeDomain(
  state: LicenseState,
  { hostname }: ValidationRequest,
  nowMs: number,
): Refusal | null {
  const { plan } = state
  if (hostname === undefined) {
    return plan.requireDomain
      ? refuse('DOMAIN_REQUIRED', 'This license is bound to domains: send the domain it runs on.')
      : null
  }
  if (hostname === null) return domainInvalid
  const admission = admitDomain(state, hostname, nowMs)
  if (admission === 'active' || admission === 'development' || admission === 'free') return null
  if (plan.activation === 'explicit') return domainNotActivated(hostname)
  return admission === 'full' ? refuseFull(state, 'domain') : null
}

function judgeDevice(
  state: LicenseState,
  { fingerprint }: ValidationRequest,
  nowMs: number,
): Refusal | null {
  const { plan } = state
  if (fingerprint === undefined) {
    return plan.requireFingerprint
      ? refuse('FINGERPRINT_REQUIRED', 'This license is bound to devices: send a fingerprint.')
      : null
  }
  const admission = admitDevice(state, nowMs)
  if (admission === 'active') return null
  if (plan.activation === 'explicit') return deviceNotActivated
  return admission === 'full' ? refuseFull(state, 'device') : null
}

/** An empty text is a value like any other. */
export function includesFeature(features: Features, name: string): boolean {
  return Object.hasOwn(features, name) && features[name] !== false && features[name] !== 0
}

const dayOf = (timeMs: number) => toTimestamp(timeMs).slice(0, 10)
