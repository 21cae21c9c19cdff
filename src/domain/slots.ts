import type { Activation, ActivationDraft, LicenseState, Target } from './activations.ts'
import {
  admit,
  buildActivation,
  refuseFull,
  releaseSlots,
  removeActivation,
  replaceActivation,
  takeSlot,
} from './activations.ts'
import { type Change, type Decision, joinWrites, unchanged, type Writes } from './decisions.ts'
import { Fault, invalidField } from './faults.ts'
import { listReleased } from './free-domains.ts'
import { decideRefusal } from './limit-notices.ts'
import { DAY_MS, SECOND_MS, toTimestamp } from './times.ts'
import { findStatusRefusal } from './validations.ts'
import type { Refusal } from './verdicts.ts'
import {
  deviceNotActivated,
  domainInvalid,
  domainNotActivated,
  isRefusal,
  licenseRevoked,
  refuse,
} from './verdicts.ts'

/** How long a deactivation counts against the plan's limit. */
export const DEACTIVATION_WINDOW_MS = 30 * DAY_MS

/** Returns the first activation when it is repeated, because installers retry by activating twice. */
export function decideActivation(
  state: LicenseState,
  target: Target,
  draft: ActivationDraft,
): Decision<Activation | Refusal> {
  const refusal = findStatusRefusal(state, draft.nowMs)
  if (refusal !== null) return unchanged(refusal)
  if (target.kind === 'domain' && target.hostname === null) return unchanged(domainInvalid)
  const current = findActivation(state, target)
  if (current !== null) return unchanged(current)
  const admission = admit(state, target, draft.nowMs)
  return admission === 'full'
    ? decideRefusal(state.license, refuseFull(state, target), draft.nowMs)
    : takeSlot(state, target, admission, draft)
}

const findActivation = ({ domain, device }: LicenseState, { kind }: Target) =>
  kind === 'domain' ? domain : device

/** Decides on a deactivation by the customer, which the plan may forbid or limit. */
export function decideDeactivation(
  state: LicenseState,
  target: Target,
  nowMs: number,
): Decision<Activation | Refusal> {
  const refusal = findDeactivationRefusal(state)
  if (refusal !== null) return unchanged(refusal)
  const activation = findActivation(state, target)
  return activation === null
    ? unchanged(refuseMissing(target))
    : deactivate(state, activation, nowMs)
}

/** Decides the same for the activation with the queried id. Does nothing if it is gone. */
export function decideReturn(state: LicenseState, nowMs: number): Decision<null | Refusal> {
  const refusal = findDeactivationRefusal(state)
  if (refusal !== null) return unchanged(refusal)
  if (state.selected === null) return unchanged(null)
  const decision = deactivate(state, state.selected, nowMs)
  return isRefusal(decision.result) ? unchanged(decision.result) : { ...decision, result: null }
}

function findDeactivationRefusal({ license, plan }: LicenseState): Refusal | null {
  if (license.revokedAtMs !== null) return licenseRevoked
  return plan.selfDeactivation ? null : selfDeactivationDisabled
}

function deactivate(
  state: LicenseState,
  activation: Activation,
  nowMs: number,
): Decision<Activation | Refusal> {
  const removed = { result: activation, ...removeActivation(activation, state.dependents) }
  // A free domain holds no slot, so its deactivation does not count.
  if (activation.isFree) return removed
  const refusal = findLimitRefusal(state)
  if (refusal !== null) return unchanged(refusal)
  const counted: Change = {
    type: 'deactivation.count',
    licenseId: state.license.id,
    atMs: nowMs,
  }
  return { ...removed, changes: [...removed.changes, counted] }
}

function refuseMissing(target: Target): Refusal {
  if (target.kind === 'device') return deviceNotActivated
  return target.hostname === null ? domainInvalid : domainNotActivated(target.hostname)
}

/** Decides the same for the activation with the queried id. Throws a Fault if there is none. */
export function decideRelease(state: LicenseState, nowMs: number): Decision<Activation | Refusal> {
  const refusal = findDeactivationRefusal(state)
  if (refusal !== null) return unchanged(refusal)
  if (state.selected === null) throw activationNotFound()
  return deactivate(state, state.selected, nowMs)
}

/** The deactivations that are left to the customer. */
export interface DeactivationBudget {
  /** Whether the plan allows them at all. */
  readonly isAllowed: boolean
  /** The most in 30 days; null for no limit. */
  readonly limit: number | null
  /** How many count against the limit; 0 without one. */
  readonly used: number
  /** When the next one is possible; null if it is possible now, or never. */
  readonly nextAtMs: number | null
}

export function computeDeactivationBudget(
  state: Pick<LicenseState, 'license' | 'plan' | 'deactivationsAtMs'>,
): DeactivationBudget {
  const { license, plan, deactivationsAtMs } = state
  const limit = plan.deactivationsMaxPer30Days
  return {
    isAllowed: license.revokedAtMs === null && plan.selfDeactivation && limit !== 0,
    limit,
    used: deactivationsAtMs.length,
    nextAtMs: findNextDeactivation(state),
  }
}

/** Returns when the next deactivation is possible; null if the limit is not reached. */
function findNextDeactivation({
  plan: { deactivationsMaxPer30Days: limit },
  deactivationsAtMs,
}: Pick<LicenseState, 'plan' | 'deactivationsAtMs'>): number | null {
  const oldestAtMs = limit === null || limit === 0 ? undefined : deactivationsAtMs.at(-limit)
  if (oldestAtMs === undefined) return null
  // Rounded up, so that a request at that second is not too early.
  return Math.ceil((oldestAtMs + DEACTIVATION_WINDOW_MS) / SECOND_MS) * SECOND_MS
}

function findLimitRefusal(state: LicenseState): Refusal | null {
  const limit = state.plan.deactivationsMaxPer30Days
  if (limit === 0) return deactivationForbidden
  const nextAtMs = findNextDeactivation(state)
  if (nextAtMs === null) return null
  const nextAt = toTimestamp(nextAtMs)
  return refuse(
    'DEACTIVATION_LIMIT_REACHED',
    `The deactivation limit is reached (${limit} in 30 days). The next one is possible on ${nextAt}.`,
    { limit, used: limit, nextAt },
  )
}

/** Decides on a removal by the vendor, which no plan forbids or limits. */
export function decideRemoval(state: LicenseState): Decision<Activation> {
  const activation = requireSelected(state)
  return { result: activation, ...removeActivation(activation, state.dependents) }
}

/**
 * Replaces an activation by one with another value, without giving up the slot in between. A move to
 * the same value changes nothing. Throws a Fault if the new value is activated already.
 */
export function decideMove(
  state: LicenseState,
  target: Target,
  draft: ActivationDraft,
): Decision<Activation> {
  const current = requireSelected(state)
  const { name, externalId } = current
  const moved = buildMoved(state, target, { ...draft, name, externalId })
  if (moved.value === current.value) return unchanged(current)
  const taken = findActivation(state, target)
  if (taken !== null && taken.id !== current.id) {
    const detail = `${taken.value} is already activated. Deactivate one of them first.`
    throw new Fault('already_exists', detail)
  }
  if (current.isFree) {
    const detail = `${current.value} is a free domain and holds no slot to move. Activate the new domain instead.`
    throw new Fault('invalid_transition', detail)
  }
  const writes = replaceActivation(state, current, moved)
  return { result: moved, ...joinWrites([releaseForMove(state, moved, target), writes]) }
}

/** Moving to a site releases the slots of its staging hosts, as activating it does. */
function releaseForMove(state: LicenseState, moved: Activation, target: Target): Writes {
  if (target.kind === 'device' || target.hostname === null || moved.isFree) return noWrites
  const slots = state.slots.filter(({ id }) => id !== state.selected?.id)
  const { domainsUsed } = state.license
  return releaseSlots(state, listReleased({ ...state, slots }, target.hostname, domainsUsed))
}

const noWrites: Writes = { changes: [], events: [] }

function buildMoved(state: LicenseState, target: Target, draft: ActivationDraft): Activation {
  if (target.kind === 'device') return buildActivation(state, target, 'slot', draft)
  if (target.hostname === null) throw invalidField('/to', domainInvalid.message)
  const isFree = state.plan.developmentDomainsFree && target.hostname.isDevelopment
  return buildActivation(state, target, isFree ? 'development' : 'slot', draft)
}

function requireSelected({ license, selected }: LicenseState): Activation {
  if (license.revokedAtMs !== null) {
    const detail = 'This license was revoked, which is final: its activations cannot be changed.'
    throw new Fault('invalid_transition', detail)
  }
  if (selected === null) throw activationNotFound()
  return selected
}

function activationNotFound(): Fault {
  return new Fault('not_found', 'No such activation on this license.')
}

const selfDeactivationDisabled = refuse(
  'SELF_DEACTIVATION_DISABLED',
  'Customers cannot deactivate domains or devices of this license. Ask the vendor.',
)

const deactivationForbidden = refuse(
  'DEACTIVATION_LIMIT_REACHED',
  'Customers cannot deactivate domains or devices of this license. Ask the vendor.',
  { limit: 0, used: 0 },
)
