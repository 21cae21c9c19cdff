import {
  admitDevice,
  admitDomain,
  deviceActivation,
  domainActivation,
  noStandings,
  replacing,
  type Subject,
} from './activations.ts'
import type { Change, Decision, EventDraft } from './decisions.ts'
import { EXPIRING_NOTICE_MS } from './expiry.ts'
import { type Hostname, parseHostname } from './hostnames.ts'
import { endingAt, entitlementsOf, type License, type LicenseSnapshot } from './licenses.ts'
import { decideRefusal } from './limit-notices.ts'
import type { Plan } from './plans.ts'
import { DAY_MS, toTimestamp } from './times.ts'
import { type Refusal, refuse, refuseLimit, type VerdictError } from './verdicts.ts'

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
  readonly name: string
  /** The refusal, or null when this check passes. */
  judge(subject: Subject, request: ValidationRequest, nowMs: number): Refusal | null
  /** Why it passes, for the people of support. */
  praise(subject: Subject, request: ValidationRequest, nowMs: number): string
}

/** The contract's order: the first that refuses is the verdict. Validate and explain both walk it. */
export const checks: readonly Check[] = [
  {
    name: 'product',
    judge: ({ license }, { product }) =>
      product === undefined || product === license.productSlug
        ? null
        : refuse('PRODUCT_MISMATCH', 'This license is for another product.'),
    praise: ({ license }, { product }) =>
      product === undefined
        ? `No product was asked for; the license is for ${license.productSlug}.`
        : `The license is for ${license.productSlug}, as asked.`,
  },
  {
    name: 'revocation',
    judge: ({ license }) =>
      license.revokedAtMs === null ? null : refuse('LICENSE_REVOKED', 'This license was revoked.'),
    praise: () => 'The license is not revoked.',
  },
  {
    name: 'suspension',
    judge: ({ license }) =>
      license.suspendedAtMs === null
        ? null
        : refuse('LICENSE_SUSPENDED', 'This license is suspended.'),
    praise: () => 'The license is not suspended.',
  },
  {
    name: 'expiry',
    judge: ({ license }, _request, nowMs) =>
      license.endsAtMs === null || license.expiresAtMs === null || nowMs < license.endsAtMs
        ? null
        : refuse('LICENSE_EXPIRED', `This license expired on ${dayOf(license.expiresAtMs)}.`, {
            expiredAt: toTimestamp(license.expiresAtMs),
          }),
    praise: praiseExpiry,
  },
  {
    name: 'features',
    judge: ({ license, plan }, { features = [] }) => {
      const included = entitlementsOf(license, plan).features
      const missing = features.filter((name) => !Object.hasOwn(included, name) || !included[name])
      if (missing.length === 0) return null
      const message = `This license does not include ${missing.join(', ')}.`
      return refuse('FEATURE_NOT_INCLUDED', message, { missing })
    },
    praise: (_subject, { features = [] }) =>
      features.length === 0 ? 'No feature was asked for.' : `Includes ${features.join(', ')}.`,
  },
  { name: 'domain', judge: judgeDomain, praise: praiseDomain },
  { name: 'device', judge: judgeDevice, praise: praiseDevice },
]

const statusChecks = checks.filter(({ name }) =>
  ['revocation', 'suspension', 'expiry'].includes(name),
)

/** The part of the list that no request to a license gets around. */
export function findStatusRefusal(snapshot: LicenseSnapshot, nowMs: number): Refusal | null {
  return firstRefusal(statusChecks, { ...snapshot, ...noStandings }, {}, nowMs)
}

/** The first refusal in the contract's order, or null: the license is good for this request. */
export function findRefusal(
  subject: Subject,
  request: ValidationRequest,
  nowMs: number,
): Refusal | null {
  return firstRefusal(checks, subject, request, nowMs)
}

function firstRefusal(
  list: readonly Check[],
  subject: Subject,
  request: ValidationRequest,
  nowMs: number,
): Refusal | null {
  for (const check of list) {
    const refusal = check.judge(subject, request, nowMs)
    if (refusal !== null) return refusal
  }
  return null
}

/**
 * The verdict, and what a valid one writes: a slot taken, the first use noted. Run over cached
 * facts first; only when it wants to write is it run again, in the transaction, over fresh ones.
 */
export function decideValidation(
  subject: Subject,
  request: ValidationRequest,
  createId: () => string,
  nowMs: number,
): Decision<Verdict> {
  const refusal = findRefusal(subject, request, nowMs)
  const { license, plan } = subject
  if (refusal !== null) return decideRefusal(license, refusal, nowMs)
  const changes: Change[] = []
  const events: EventDraft[] = []
  let expiresAtMs = license.expiresAtMs
  if (license.activatedAtMs === null) {
    if (license.pendingDays !== null) expiresAtMs = nowMs + license.pendingDays * DAY_MS
    changes.push(firstUse(license, plan, expiresAtMs, nowMs))
    events.push({ type: 'license.activated', licenseId: license.id })
  }
  for (const arrival of arrivals(subject, request, createId, nowMs)) {
    changes.push(...arrival.changes)
    events.push(...arrival.events)
  }
  const result: Approval = { valid: true, expiresAtMs, warnings: warningsFor(expiresAtMs, nowMs) }
  return { result, changes, events }
}

export interface Explanation {
  valid: boolean
  error: VerdictError | null
  checks: { name: string; passed: boolean; detail: string }[]
}

/** Every check with its reason, also those behind the one that refuses. Changes nothing. */
export function explain(subject: Subject, request: ValidationRequest, atMs: number): Explanation {
  const walked = checks.map((check) => {
    const refusal = check.judge(subject, request, atMs)
    const detail = refusal?.message ?? check.praise(subject, request, atMs)
    return { name: check.name, refusal, passed: refusal === null, detail }
  })
  const error = walked.find(({ refusal }) => refusal !== null)?.refusal?.error ?? null
  return {
    valid: error === null,
    error,
    checks: walked.map(({ name, passed, detail }) => ({ name, passed, detail })),
  }
}

/** Reads the `domain` of a request; a text that is no host name stays to be refused in its turn. */
export function readDomain(domain: string | undefined): Hostname | null | undefined {
  return domain === undefined ? undefined : parseHostname(domain)
}

function firstUse(license: License, plan: Plan, expiresAtMs: number | null, nowMs: number): Change {
  const begins = { ...endingAt(expiresAtMs, plan), pendingDays: null }
  return {
    type: 'license.update',
    licenseId: license.id,
    set: { activatedAtMs: nowMs, ...(license.pendingDays === null ? {} : begins) },
  }
}

/** The slots that a good request takes: a domain's, a device's, both or none. */
function arrivals(
  subject: Subject,
  request: ValidationRequest,
  createId: () => string,
  nowMs: number,
) {
  const { hostname, fingerprint, deviceName = null, country = null } = request
  const taken: ReturnType<typeof replacing>[] = []
  const domain = hostname ? admitDomain(subject, hostname, nowMs) : 'active'
  if (hostname && domain !== 'active' && domain !== 'development') {
    const newcomer = { id: createId(), name: null, country, nowMs }
    const activation = domainActivation(subject, hostname, domain === 'free', newcomer)
    taken.push(replacing(domain === 'evict' ? subject.idleDomain : null, activation))
  }
  if (fingerprint !== undefined && subject.device === null) {
    const newcomer = { id: createId(), name: deviceName, country, nowMs }
    const activation = deviceActivation(subject, fingerprint, newcomer)
    const isEviction = admitDevice(subject, nowMs) === 'evict'
    taken.push(replacing(isEviction ? subject.idleDevice : null, activation))
  }
  return taken
}

const noWarnings: readonly Warning[] = []

function warningsFor(expiresAtMs: number | null, nowMs: number): readonly Warning[] {
  if (expiresAtMs === null || expiresAtMs - nowMs > EXPIRING_NOTICE_MS) return noWarnings
  return [nowMs >= expiresAtMs ? 'IN_GRACE' : 'EXPIRES_SOON']
}

function judgeDomain(
  subject: Subject,
  { hostname }: ValidationRequest,
  nowMs: number,
): Refusal | null {
  const { license, plan } = subject
  if (hostname === undefined) {
    return plan.requireDomain
      ? refuse('DOMAIN_REQUIRED', 'This license is bound to domains: send the domain it runs on.')
      : null
  }
  if (hostname === null) return refuse('DOMAIN_INVALID', 'What was sent as domain is no host name.')
  const admission = admitDomain(subject, hostname, nowMs)
  if (admission === 'active' || admission === 'development' || admission === 'free') return null
  if (plan.activation === 'explicit') {
    return refuse('DOMAIN_NOT_ACTIVATED', `${hostname.host} is not activated for this license.`)
  }
  if (admission !== 'full') return null
  return refuseLimit('domain', entitlementsOf(license, plan).maxDomains ?? 0, license.domainsUsed)
}

function judgeDevice(
  subject: Subject,
  { fingerprint }: ValidationRequest,
  nowMs: number,
): Refusal | null {
  const { license, plan } = subject
  if (fingerprint === undefined) {
    return plan.requireFingerprint
      ? refuse('FINGERPRINT_REQUIRED', 'This license is bound to devices: send a fingerprint.')
      : null
  }
  const admission = admitDevice(subject, nowMs)
  if (admission === 'active') return null
  if (plan.activation === 'explicit') {
    return refuse('DEVICE_NOT_ACTIVATED', 'This device is not activated for this license.')
  }
  if (admission !== 'full') return null
  return refuseLimit('device', entitlementsOf(license, plan).maxDevices ?? 0, license.devicesUsed)
}

function praiseExpiry({ license }: Subject, _request: ValidationRequest, nowMs: number): string {
  const { expiresAtMs, endsAtMs, pendingDays } = license
  if (pendingDays !== null) return `Its ${pendingDays} days begin with the first validation.`
  if (expiresAtMs === null || endsAtMs === null) return 'The license has no end.'
  if (nowMs < expiresAtMs) return `The license runs until ${toTimestamp(expiresAtMs)}.`
  return `It expired on ${toTimestamp(expiresAtMs)} and is in grace until ${toTimestamp(endsAtMs)}.`
}

function praiseDomain(subject: Subject, { hostname }: ValidationRequest, nowMs: number): string {
  if (!hostname) return 'No domain was given, and the plan asks for none.'
  const { host } = hostname
  const { license, plan, domain, idleDomain } = subject
  const room = roomOf(license.domainsUsed, entitlementsOf(license, plan).maxDomains)
  switch (admitDomain(subject, hostname, nowMs)) {
    case 'active':
      return `${host} is covered by the activated domain ${domain?.value}.`
    case 'development':
      return `${host} is a development domain and takes no slot.`
    case 'free':
      return `${host} is free beside an activated domain (${room}).`
    case 'evict':
      return `${host} would take the slot of ${idleDomain?.value}, which is idle (${room}).`
    default:
      return `${host} would take a free slot (${room}).`
  }
}

function praiseDevice(subject: Subject, { fingerprint }: ValidationRequest, nowMs: number): string {
  if (fingerprint === undefined) return 'No fingerprint was given, and the plan asks for none.'
  const { license, plan, idleDevice } = subject
  const room = roomOf(license.devicesUsed, entitlementsOf(license, plan).maxDevices)
  switch (admitDevice(subject, nowMs)) {
    case 'active':
      return 'The device is activated.'
    case 'evict':
      return `The device would take the slot of ${idleDevice?.value}, which is idle (${room}).`
    default:
      return `The device would take a free slot (${room}).`
  }
}

function roomOf(used: number, limit: number | null): string {
  return limit === null ? `${used} in use, no limit` : `${used} of ${limit} in use`
}

const dayOf = (timeMs: number) => toTimestamp(timeMs).slice(0, 10)
