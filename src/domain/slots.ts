import {
  type Activation,
  admitDevice,
  admitDomain,
  developmentActivation,
  deviceActivation,
  domainActivation,
  freeActivation,
  type LicenseState,
  type Newcomer,
  refuseFull,
  replaceActivation,
  type Target,
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

/** Activating twice is how installers retry, so it answers the first activation. */
export function decideActivation(
  state: LicenseState,
  target: Target,
  newcomer: Newcomer,
): Decision<Activation | Refusal> {
  const refusal = findStatusRefusal(state, newcomer.nowMs)
  if (refusal !== null) return unchanged(refusal)
  if (target.kind === 'device') return activateDevice(state, target.fingerprint, newcomer)
  if (target.hostname === null) return unchanged(domainInvalid)
  return activateDomain(state, target.hostname, newcomer)
}

function activateDomain(
  state: LicenseState,
  hostname: Hostname,
  newcomer: Newcomer,
): Decision<Activation | Refusal> {
  if (state.domain !== null) return unchanged(state.domain)
  const { license, idleDevelopmentDomain, idleDomain } = state
  const admission = admitDomain(state, hostname, newcomer.nowMs)
  if (admission === 'full') {
    return decideRefusal(license, refuseFull(state, 'domain'), newcomer.nowMs)
  }
  if (admission !== 'development') {
    const activation = domainActivation(state, hostname, admission === 'free', newcomer)
    return takeSlot(state, admission === 'evict' ? idleDomain : null, activation)
  }
  return takeSlot(state, idleDevelopmentDomain, developmentActivation(state, hostname, newcomer))
}

function activateDevice(
  state: LicenseState,
  fingerprint: string,
  newcomer: Newcomer,
): Decision<Activation | Refusal> {
  if (state.device !== null) return unchanged(state.device)
  const admission = admitDevice(state, newcomer.nowMs)
  if (admission === 'full') {
    return decideRefusal(state.license, refuseFull(state, 'device'), newcomer.nowMs)
  }
  const activation = deviceActivation(state, fingerprint, newcomer)
  return takeSlot(state, admission === 'evict' ? state.idleDevice : null, activation)
}

function takeSlot(state: LicenseState, old: Activation | null, activation: Activation) {
  return { result: activation, ...replaceActivation(state, old, activation) }
}

/** A customer frees a slot, as far as the plan lets customers do so and as often. */
export function decideDeactivation(
  state: LicenseState,
  target: Target,
  nowMs: number,
): Decision<Activation | Refusal> {
  const { license, plan, dependents } = state
  if (license.revokedAtMs !== null) return unchanged(licenseRevoked)
  if (!plan.selfDeactivation) return unchanged(selfDeactivationDisabled)
  const activation = target.kind === 'domain' ? state.domain : state.device
  if (activation === null) return unchanged(notActivated(target))
  const freed = { result: activation, ...freeActivation(activation, dependents) }
  // What holds no slot frees none, so the budget is for those that do.
  if (activation.isFree) return freed
  const overBudget = judgeBudget(state)
  if (overBudget !== null) return unchanged(overBudget)
  const counted: Change = { type: 'deactivation.count', licenseId: license.id, atMs: nowMs }
  return { ...freed, changes: [...freed.changes, counted] }
}

function notActivated(target: Target): Refusal {
  if (target.kind === 'device') return deviceNotActivated
  return target.hostname === null ? domainInvalid : domainNotActivated(target.hostname)
}

function judgeBudget({ plan, deactivationsAtMs }: LicenseState): Refusal | null {
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
export function decideRemoval(state: LicenseState): Decision<Activation> {
  const activation = requireSelected(state)
  return { result: activation, ...freeActivation(activation, state.dependents) }
}

/**
 * Moving house in one step: the slot is never free in between, and never held twice. Moving to
 * where it is already answers the activation as it is. Throws a Fault for an occupied place.
 */
export function decideMove(
  state: LicenseState,
  target: Target,
  newcomer: Newcomer,
): Decision<Activation> {
  const current = requireSelected(state)
  const moved = activationAt(state, target, { ...newcomer, name: current.name })
  if (moved.value === current.value) return unchanged(current)
  const taken = target.kind === 'domain' ? state.domain : state.device
  if (taken !== null && taken.id !== current.id) {
    throw new Fault('already_exists', `${taken.value} is activated already. Free one of them.`)
  }
  if (current.isFree) {
    throw new Fault(
      'invalid_transition',
      `${current.value} is free and holds no slot that could be moved. Activate the other instead.`,
    )
  }
  return { result: moved, ...replaceActivation(state, current, moved) }
}

function activationAt(state: LicenseState, target: Target, newcomer: Newcomer): Activation {
  if (target.kind === 'device') return deviceActivation(state, target.fingerprint, newcomer)
  const { hostname } = target
  if (hostname === null) throw invalidField('/to', domainInvalid.message)
  return state.plan.developmentDomainsFree && hostname.isDevelopment
    ? developmentActivation(state, hostname, newcomer)
    : domainActivation(state, hostname, false, newcomer)
}

function requireSelected({ license, selected }: LicenseState): Activation {
  if (license.revokedAtMs !== null) {
    throw new Fault(
      'invalid_transition',
      'This license was revoked, which is final: its activations stay as they are.',
    )
  }
  if (selected === null) throw new Fault('not_found', 'No such activation on this license.')
  return selected
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
