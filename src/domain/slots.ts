import {
  type Activation,
  admitDevice,
  admitDomain,
  deviceActivation,
  domainActivation,
  freeing,
  type Newcomer,
  replacing,
  type Subject,
} from './activations.ts'
import { type Change, type Decision, unchanged } from './decisions.ts'
import { Fault } from './faults.ts'
import type { Hostname } from './hostnames.ts'
import { entitlementsOf } from './licenses.ts'
import { decideRefusal } from './limit-notices.ts'
import { DAY_MS, toTimestamp } from './times.ts'
import { findStatusRefusal } from './validations.ts'
import { type Refusal, refuse, refuseLimit } from './verdicts.ts'

/** How far back the deactivations of customers count against their plan's budget. */
export const DEACTIVATION_WINDOW_MS = 30 * DAY_MS
/** However few domains a license has, its developers may name this many machines of their own. */
const DEVELOPMENT_DOMAINS_MIN = 10

/** What is to be activated, deactivated or moved to: a host name (null: no such) or a device. */
export type Target =
  | { readonly kind: 'domain'; readonly hostname: Hostname | null }
  | { readonly kind: 'device'; readonly fingerprint: string }

/** Activating twice is how installers retry, so it answers the first activation. */
export function decideActivation(
  subject: Subject,
  target: Target,
  newcomer: Newcomer,
): Decision<Activation | Refusal> {
  const { nowMs } = newcomer
  const refusal = findStatusRefusal(subject, nowMs)
  if (refusal !== null) return unchanged(refusal)
  if (target.kind === 'device') {
    if (subject.device !== null) return unchanged(subject.device)
    const activation = deviceActivation(subject, target.fingerprint, newcomer)
    return decideSlot(subject, activation, admitDevice(subject, nowMs), nowMs)
  }
  const { hostname } = target
  if (hostname === null) return unchanged(domainInvalid)
  const admission = admitDomain(subject, hostname, nowMs)
  if (subject.domain !== null) return unchanged(subject.domain)
  const isFree = admission === 'free' || admission === 'development'
  const activation = domainActivation(subject, hostname, isFree, newcomer)
  if (admission !== 'development') return decideSlot(subject, activation, admission, nowMs)
  const { maxDomains } = entitlementsOf(subject.license, subject.plan)
  const max = Math.max(maxDomains ?? Number.POSITIVE_INFINITY, DEVELOPMENT_DOMAINS_MIN)
  const hasRoom = subject.license.freeDomainsUsed < max
  return decideSlot(subject, activation, hasRoom ? 'free' : 'full', nowMs)
}

function decideSlot(
  subject: Subject,
  activation: Activation,
  admission: 'active' | 'free' | 'slot' | 'evict' | 'full',
  nowMs: number,
): Decision<Activation | Refusal> {
  if (admission === 'full')
    return decideRefusal(subject.license, limitOf(subject, activation), nowMs)
  const evicted = admission === 'evict' ? idleOf(subject, activation) : null
  return { result: activation, ...replacing(evicted, activation) }
}

function limitOf({ license, plan }: Subject, { kind }: Activation): Refusal {
  const { maxDomains, maxDevices } = entitlementsOf(license, plan)
  return kind === 'domain'
    ? refuseLimit('domain', maxDomains ?? 0, license.domainsUsed)
    : refuseLimit('device', maxDevices ?? 0, license.devicesUsed)
}

function idleOf({ idleDomain, idleDevice }: Subject, { kind }: Activation): Activation | null {
  return kind === 'domain' ? idleDomain : idleDevice
}

/** A customer frees a slot, as far as the plan lets customers do so and as often. */
export function decideDeactivation(
  subject: Subject,
  target: Target,
  nowMs: number,
): Decision<Activation | Refusal> {
  const { license, plan } = subject
  if (license.revokedAtMs !== null) {
    return unchanged(refuse('LICENSE_REVOKED', 'This license was revoked.'))
  }
  if (!plan.selfDeactivation) return unchanged(selfDeactivationDisabled)
  if (target.kind === 'domain' && target.hostname === null) return unchanged(domainInvalid)
  const activation = target.kind === 'domain' ? subject.domain : subject.device
  if (activation === null) return unchanged(notActivated(target))
  const overBudget = judgeBudget(subject, nowMs)
  if (overBudget !== null) return unchanged(overBudget)
  const { changes, events } = freeing(activation)
  const counted: Change = { type: 'deactivation.count', licenseId: license.id, atMs: nowMs }
  return { result: activation, changes: [...changes, counted], events }
}

function judgeBudget({ plan, deactivationsAtMs }: Subject, nowMs: number): Refusal | null {
  const limit = plan.deactivationsMaxPer30Days
  const recent = deactivationsAtMs.filter((atMs) => atMs > nowMs - DEACTIVATION_WINDOW_MS)
  if (limit === null || recent.length < limit) return null
  const freesNext = recent[recent.length - limit]
  if (freesNext === undefined) {
    const message = 'This license allows no deactivation by its customer. Ask the vendor.'
    return refuse('DEACTIVATION_LIMIT_REACHED', message, { limit, used: recent.length })
  }
  const nextAt = toTimestamp(freesNext + DEACTIVATION_WINDOW_MS)
  return refuse(
    'DEACTIVATION_LIMIT_REACHED',
    `This license was deactivated ${recent.length} times in 30 days. The next is possible on ${nextAt}.`,
    { limit, used: recent.length, nextAt },
  )
}

/** The vendor frees a slot: no budget, no plan stands in the way. */
export function decideRemoval({ named }: Subject): Decision<Activation | null> {
  return named === null ? unchanged(null) : { result: named, ...freeing(named) }
}

/** Moving house in one step: the slot is never free in between, and never held twice. */
export function decideMove(
  subject: Subject,
  target: Target,
  newcomer: Newcomer,
): Decision<Activation | null> {
  const { license, named } = subject
  if (license.revokedAtMs !== null) {
    throw new Fault('invalid_transition', 'This license was revoked, which is final.')
  }
  if (named === null) return unchanged(null)
  const taken = target.kind === 'domain' ? subject.domain : subject.device
  if (taken !== null) {
    throw new Fault(
      'already_exists',
      `${taken.value} is activated already. Deactivate one of them.`,
    )
  }
  const mover = { ...newcomer, name: newcomer.name ?? named.name }
  if (target.kind === 'device') {
    const device = deviceActivation(subject, target.fingerprint, mover)
    return { result: device, ...replacing(named, device) }
  }
  const { hostname } = target
  if (hostname === null) throw new Fault('validation_failed', domainInvalid.message)
  const domain = domainActivation(subject, hostname, named.isFree, mover)
  return { result: domain, ...replacing(named, domain) }
}

const domainInvalid = refuse('DOMAIN_INVALID', 'What was sent as domain is no host name.')

const selfDeactivationDisabled = refuse(
  'SELF_DEACTIVATION_DISABLED',
  'This license cannot be deactivated by its customer. Ask the vendor.',
)

function notActivated(target: Target): Refusal {
  return target.kind === 'domain'
    ? refuse('DOMAIN_NOT_ACTIVATED', `${target.hostname?.host} is not activated for this license.`)
    : refuse('DEVICE_NOT_ACTIVATED', 'This device is not activated for this license.')
}
