import {
  type Activation,
  admitDevice,
  admitDomain,
  developmentActivation,
  deviceActivation,
  domainActivation,
  freeing,
  type Newcomer,
  type Probe,
  refuseFull,
  replacing,
  type Subject,
} from './activations.ts'
import { type Change, type Decision, unchanged } from './decisions.ts'
import { Fault, invalidField } from './faults.ts'
import type { Hostname } from './hostnames.ts'
import { decideRefusal } from './limit-notices.ts'
import { DAY_MS, SECOND_MS, toTimestamp } from './times.ts'
import { findStatusRefusal } from './validations.ts'
import {
  deviceNotActivated,
  domainInvalid,
  domainNotActivated,
  licenseRevoked,
  type Refusal,
  refuse,
} from './verdicts.ts'

/** How far back the deactivations of customers count against their plan's budget. */
export const DEACTIVATION_WINDOW_MS = 30 * DAY_MS

/** What is to be activated, deactivated or moved to: a host name (null: no such) or a device. */
export type Target =
  | { readonly kind: 'domain'; readonly hostname: Hostname | null }
  | { readonly kind: 'device'; readonly fingerprint: string }

function probeOf(target: Target): Probe {
  return target.kind === 'domain'
    ? { hostname: target.hostname }
    : { fingerprint: target.fingerprint }
}

/** What each decision needs to know: the probe to ask the store with. */
export const probeActivation = (target: Target): Probe => ({ ...probeOf(target), isArriving: true })

export const probeDeactivation = (target: Target, nowMs: number): Probe => ({
  ...probeOf(target),
  deactivationsSinceMs: nowMs - DEACTIVATION_WINDOW_MS,
})

export const probeMove = (activationId: string, target: Target): Probe => ({
  ...probeOf(target),
  activationId,
})

/** Activating twice is how installers retry, so it answers the first activation. */
export function decideActivation(
  subject: Subject,
  target: Target,
  newcomer: Newcomer,
): Decision<Activation | Refusal> {
  const refusal = findStatusRefusal(subject, newcomer.nowMs)
  if (refusal !== null) return unchanged(refusal)
  if (target.kind === 'device') return activateDevice(subject, target.fingerprint, newcomer)
  if (target.hostname === null) return unchanged(domainInvalid)
  return activateDomain(subject, target.hostname, newcomer)
}

function activateDomain(
  subject: Subject,
  hostname: Hostname,
  newcomer: Newcomer,
): Decision<Activation | Refusal> {
  if (subject.domain !== null) return unchanged(subject.domain)
  const { license, idleDevelopment, idleDomain } = subject
  const admission = admitDomain(subject, hostname, newcomer.nowMs)
  if (admission === 'full') {
    return decideRefusal(license, refuseFull(subject, 'domain'), newcomer.nowMs)
  }
  if (admission !== 'development') {
    const activation = domainActivation(subject, hostname, admission === 'free', newcomer)
    return taking(subject, admission === 'evict' ? idleDomain : null, activation)
  }
  return taking(subject, idleDevelopment, developmentActivation(subject, hostname, newcomer))
}

function activateDevice(
  subject: Subject,
  fingerprint: string,
  newcomer: Newcomer,
): Decision<Activation | Refusal> {
  if (subject.device !== null) return unchanged(subject.device)
  const admission = admitDevice(subject, newcomer.nowMs)
  if (admission === 'full') {
    return decideRefusal(subject.license, refuseFull(subject, 'device'), newcomer.nowMs)
  }
  const activation = deviceActivation(subject, fingerprint, newcomer)
  return taking(subject, admission === 'evict' ? subject.idleDevice : null, activation)
}

function taking(subject: Subject, old: Activation | null, activation: Activation) {
  return { result: activation, ...replacing(subject, old, activation) }
}

/** A customer frees a slot, as far as the plan lets customers do so and as often. */
export function decideDeactivation(
  subject: Subject,
  target: Target,
  nowMs: number,
): Decision<Activation | Refusal> {
  const { license, plan, dependants } = subject
  if (license.revokedAtMs !== null) return unchanged(licenseRevoked)
  if (!plan.selfDeactivation) return unchanged(selfDeactivationDisabled)
  const activation = target.kind === 'domain' ? subject.domain : subject.device
  if (activation === null) return unchanged(notActivated(target))
  const freed = { result: activation, ...freeing(activation, dependants) }
  // What holds no slot frees none, so the budget is for those that do.
  if (activation.isFree) return freed
  const overBudget = judgeBudget(subject)
  if (overBudget !== null) return unchanged(overBudget)
  const counted: Change = { type: 'deactivation.count', licenseId: license.id, atMs: nowMs }
  return { ...freed, changes: [...freed.changes, counted] }
}

function notActivated(target: Target): Refusal {
  if (target.kind === 'device') return deviceNotActivated
  return target.hostname === null ? domainInvalid : domainNotActivated(target.hostname)
}

function judgeBudget({ plan, deactivationsAtMs }: Subject): Refusal | null {
  const limit = plan.deactivationsMaxPer30Days
  if (limit === null) return null
  if (limit === 0) return deactivationForbidden
  const freesNextAtMs = deactivationsAtMs.at(-limit)
  if (freesNextAtMs === undefined) return null
  // Rounded up, so that nobody who comes at that second comes too early.
  const nextAtMs = Math.ceil((freesNextAtMs + DEACTIVATION_WINDOW_MS) / SECOND_MS) * SECOND_MS
  const nextAt = toTimestamp(nextAtMs)
  return refuse(
    'DEACTIVATION_LIMIT_REACHED',
    `All deactivations allowed in 30 days (${limit}) are used. The next is possible on ${nextAt}.`,
    { limit, used: limit, nextAt },
  )
}

/** The vendor frees a slot: no budget, no plan stands in the way. */
export function decideRemoval(subject: Subject): Decision<Activation> {
  const named = requireNamed(subject)
  return { result: named, ...freeing(named, subject.dependants) }
}

/**
 * Moving house in one step: the slot is never free in between, and never held twice. Moving to
 * where it is already answers the activation as it is. Throws a Fault for an occupied place.
 */
export function decideMove(
  subject: Subject,
  target: Target,
  newcomer: Newcomer,
): Decision<Activation> {
  const named = requireNamed(subject)
  const moved = activationAt(subject, target, { ...newcomer, name: named.name })
  if (moved.value === named.value) return unchanged(named)
  const taken = target.kind === 'domain' ? subject.domain : subject.device
  if (taken !== null && taken.id !== named.id) {
    throw new Fault('already_exists', `${taken.value} is activated already. Free one of them.`)
  }
  if (named.isFree) {
    throw new Fault(
      'invalid_transition',
      `${named.value} is free and holds no slot that could be moved. Activate the other instead.`,
    )
  }
  return { result: moved, ...replacing(subject, named, moved) }
}

function activationAt(subject: Subject, target: Target, newcomer: Newcomer): Activation {
  if (target.kind === 'device') return deviceActivation(subject, target.fingerprint, newcomer)
  const { hostname } = target
  if (hostname === null) throw invalidField('/to', domainInvalid.message)
  return subject.plan.developmentDomainsFree && hostname.isDevelopment
    ? developmentActivation(subject, hostname, newcomer)
    : domainActivation(subject, hostname, false, newcomer)
}

function requireNamed({ license, named }: Subject): Activation {
  if (license.revokedAtMs !== null) {
    throw new Fault(
      'invalid_transition',
      'This license was revoked, which is final: its activations stay as they are.',
    )
  }
  if (named === null) throw new Fault('not_found', 'No such activation on this license.')
  return named
}

const selfDeactivationDisabled = refuse(
  'SELF_DEACTIVATION_DISABLED',
  'This license cannot be deactivated by its customer. Ask the vendor.',
)

const deactivationForbidden = refuse(
  'DEACTIVATION_LIMIT_REACHED',
  'This license allows no deactivation by its customer. Ask the vendor.',
  { limit: 0, used: 0 },
)
