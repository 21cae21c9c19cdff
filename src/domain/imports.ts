import type { Activation } from './activations.ts'
import { type Decision, joinWrites, type Writes } from './decisions.ts'
import { admitImported, countSlots, createActivations } from './imported-activations.ts'
import type { ImportedActivation, ImportedLicense, ImportedLimits } from './imported-licenses.ts'
import { decideKeyMatch, isPending } from './key-hashes.ts'
import { createLicenseDraft } from './license-drafts.ts'
import { decideUpdate } from './license-updates.ts'
import type { License, LicenseKey, LicenseSnapshot, Overrides } from './licenses.ts'
import {
  decideReinstatement,
  decideRevocation,
  decideSuspension,
  resolveEntitlements,
} from './licenses.ts'
import type { Plan } from './plans.ts'
import { buildExpiry, buildTerm } from './terms.ts'
import { toTimestamp } from './times.ts'

/** One record to import, with its random and normalized parts. */
export type ImportOrder = LicenseImport | ActivationImport

export interface LicenseImport {
  readonly kind: 'license'
  readonly externalRef: string
  /** The plan that the source's plan is mapped to; null if there is none. */
  readonly planSlug: string | null
  /** The hash that the license is looked up by. */
  readonly keyHash: string
  /** Encrypts the key, which only a new license needs. */
  readonly sealKey: () => LicenseKey
  readonly license: ImportedLicense
}

/** Activations of a license that was imported before. */
export interface ActivationImport {
  readonly kind: 'activations'
  readonly externalRef: string
  readonly activations: readonly ImportedActivation[]
}

/** The facts about one record that the database has. */
export interface ImportState {
  readonly plan: Plan | null
  /** The license with its reference. */
  readonly existing: LicenseSnapshot | null
  /** The license that has its key now, also as a former key that still works. */
  readonly keyHolder: Pick<License, 'id' | 'externalRef'> | null
  /** The activations of the existing license that the record may name. */
  readonly activations: readonly Activation[]
}

export interface ImportRules {
  /** Whether existing licenses are brought to the state of the file. */
  readonly updates: boolean
  /** Whether the events are only in the history. */
  readonly isSilent: boolean
  readonly createId: (prefix: 'lic' | 'act') => string
  readonly nowMs: number
}

/** The result for one record. The notes of a refused record say why. */
export interface ImportOutcome {
  readonly kind: 'imported' | 'existing' | 'changed' | 'refused'
  readonly notes: readonly string[]
  /** How many activations were created. */
  readonly activations: number
}

/**
 * Decides on a batch of records. No two have the same reference or key, except for records of activations,
 * each of which is decided on what the ones before it add.
 */
export function decideImport(
  orders: readonly ImportOrder[],
  states: readonly ImportState[],
  rules: ImportRules,
): Decision<readonly ImportOutcome[]> {
  const added = new Map<string, readonly Activation[]>()
  const decisions = orders.map((order, index) => {
    const state = states[index] ?? noState
    return order.kind === 'license'
      ? decideLicense(order, state, rules)
      : decideActivations(order, state, rules, added)
  })
  const { changes, events } = joinWrites(decisions)
  const silenced = rules.isSilent ? events.map((event) => ({ ...event, isSilent: true })) : events
  return { result: decisions.map(({ result }) => result), changes, events: silenced }
}

const noState: ImportState = { plan: null, existing: null, keyHolder: null, activations: [] }
const noWrites: Writes = { changes: [], events: [] }

type One = Decision<ImportOutcome>

function settle(
  kind: ImportOutcome['kind'],
  notes: readonly string[] = [],
  writes: Writes = noWrites,
  activations = 0,
): One {
  return { ...writes, result: { kind, notes, activations } }
}

function decideLicense(order: LicenseImport, state: ImportState, rules: ImportRules): One {
  const { plan, existing, keyHolder } = state
  if (existing !== null) return decideExisting(order, existing, state, rules)
  if (keyHolder !== null) {
    const { id, externalRef } = keyHolder
    return settle('refused', [`Its key is that of license ${externalRef ?? id}.`])
  }
  if (plan === null) return settle('refused', [describeMissingPlan(order)])
  if (plan.archivedAtMs !== null) return settle('refused', [`The plan ${plan.slug} is archived.`])
  const license = buildLicense(order, plan, rules)
  const snapshot = { license, plan }
  const { activations, notes } = admit(snapshot, order.license.activations, [], rules)
  const created: Writes = {
    changes: [{ type: 'license.create', license }],
    events: [{ type: 'license.created', licenseId: license.id }],
  }
  const writes = joinWrites([created, createActivations(activations)])
  return settle('imported', notes, writes, activations.length)
}

function describeMissingPlan({ planSlug, license: { plan } }: LicenseImport): string {
  if (planSlug !== null) return `There is no plan ${planSlug}.`
  return plan === null
    ? 'It has no plan. Name one for all with --plan SLUG.'
    : `Its plan ${plan} is none of yours.`
}

function buildLicense(order: LicenseImport, plan: Plan, { createId, nowMs }: ImportRules): License {
  const { license: given, externalRef } = order
  const { customerEmail, customerName, purchasedAtMs } = given
  const starts = given.activations.map(({ createdAtMs }) => Math.min(createdAtMs ?? nowMs, nowMs))
  return {
    id: createId('lic'),
    ...order.sealKey(),
    planSlug: plan.slug,
    productSlug: plan.productSlug,
    overrides: listOverrides(given.limits, plan),
    customerEmail,
    customerName,
    metadata:
      purchasedAtMs === undefined
        ? given.metadata
        : { purchased_at: toTimestamp(purchasedAtMs), ...given.metadata },
    externalRef,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    ...buildGivenTerm(given, plan, nowMs),
    // A copy that is in use was activated long ago.
    activatedAtMs: starts.length === 0 ? null : Math.min(...starts),
    ...buildState(given.state, nowMs),
    domainsUsed: 0,
    freeDomainsUsed: 0,
    devicesUsed: 0,
    limitNotices: {},
    version: 1,
  }
}

/** An end that has passed was announced by the source, so it is not announced again. */
function buildGivenTerm(
  { expiresAtMs, purchasedAtMs }: ImportedLicense,
  plan: Plan,
  nowMs: number,
) {
  if (expiresAtMs === undefined) return buildTerm(plan, nowMs)
  const end = buildExpiry(expiresAtMs, plan)
  const isPast = (timeMs: number | null) => timeMs !== null && timeMs <= nowMs
  return {
    pendingDays: null,
    termStartedAtMs: Math.min(purchasedAtMs ?? nowMs, nowMs),
    ...end,
    expiringNotifiedAtMs: isPast(end.expiresAtMs) ? nowMs : null,
    expiredNotifiedAtMs: isPast(end.endsAtMs) ? nowMs : null,
  }
}

function buildState(state: ImportedLicense['state'], nowMs: number) {
  const isSuspended = state.status === 'suspended'
  return {
    suspendedAtMs: isSuspended ? nowMs : null,
    suspensionReason: isSuspended ? state.reason : null,
    suspensionCause: isSuspended ? ('operator' as const) : null,
    revokedAtMs: state.status === 'revoked' ? nowMs : null,
  }
}

/** Returns the limits that differ: the others follow the plan when it changes. */
function listOverrides(limits: ImportedLimits, current: Required<ImportedLimits>): Overrides {
  const { maxDomains, maxDevices, maxSeats } = limits
  const differs = (given: number | null | undefined, value: number | null) =>
    given !== undefined && given !== value
  return {
    ...(differs(maxDomains, current.maxDomains) && { maxDomains }),
    ...(differs(maxDevices, current.maxDevices) && { maxDevices }),
    ...(differs(maxSeats, current.maxSeats) && { maxSeats }),
  }
}

/** A revocation is final, so a license that was revoked here stays as it is. */
function decideExisting(
  order: LicenseImport,
  existing: LicenseSnapshot,
  { keyHolder, activations: known }: ImportState,
  rules: ImportRules,
): One {
  const { license } = existing
  const getsKey = isPending(license) && order.license.key.kind === 'text' && keyHolder === null
  // A license that was imported by its hash has its key since the key was first used.
  const isSame = license.keyHash === order.keyHash || order.license.key.kind === 'hash'
  const notes =
    isSame || getsKey
      ? []
      : [`License ${license.id} has another key: it was rotated, or the file has its ID twice.`]
  if (!rules.updates || license.revokedAtMs !== null) return settle('existing', notes)
  const draft = createLicenseDraft(existing)
  if (getsKey) {
    const { keyHash } = license
    draft.decide((now) => decideKeyMatch(now, [keyHash], order.sealKey(), rules.nowMs))
  }
  updateDraft(draft, order.license, rules.nowMs)
  const added = admit(draft.get(), order.license.activations, known, rules)
  const writes = joinWrites([draft.listWrites(), createActivations(added.activations)])
  const kind = writes.changes.length === 0 ? 'existing' : 'changed'
  return settle(kind, [...notes, ...added.notes], writes, added.activations.length)
}

const admit = (
  snapshot: LicenseSnapshot,
  given: readonly ImportedActivation[],
  known: readonly Activation[],
  { createId, nowMs }: ImportRules,
) => admitImported(snapshot, given, known, () => createId('act'), nowMs)

/** A customer who has no address any more was erased, so none is added. */
function updateDraft(
  draft: ReturnType<typeof createLicenseDraft>,
  { state, limits, expiresAtMs, customerEmail, customerName }: ImportedLicense,
  nowMs: number,
): void {
  const { license, plan } = draft.before
  const isKnown = license.customerEmail !== null
  const edit = {
    ...(expiresAtMs !== undefined && expiresAtMs !== license.expiresAtMs && { expiresAtMs }),
    ...(isKnown && customerEmail !== null && { customerEmail }),
    ...(isKnown && customerName !== null && { customerName }),
    overrides: listOverrides(limits, resolveEntitlements(license, plan)),
  }
  draft.decide((snapshot) => decideUpdate(snapshot, edit, nowMs))
  draft.decide((snapshot) => {
    if (state.status === 'revoked') return decideRevocation(snapshot, null, nowMs)
    return state.status === 'suspended'
      ? decideSuspension(snapshot, state.reason, nowMs)
      : decideReinstatement(snapshot, nowMs)
  })
}

function decideActivations(
  order: ActivationImport,
  { existing, activations: known }: ImportState,
  rules: ImportRules,
  added: Map<string, readonly Activation[]>,
): One {
  if (existing === null) {
    const detail = `There is no license ${order.externalRef}. Import the licenses before their activations.`
    return settle('refused', [detail])
  }
  const { id } = existing.license
  const earlier = added.get(id) ?? []
  const snapshot = { ...existing, license: takeSlots(existing.license, earlier) }
  const { activations, notes } = admit(snapshot, order.activations, [...known, ...earlier], rules)
  added.set(id, [...earlier, ...activations])
  if (activations.length === 0) return settle('existing', notes)
  return settle('changed', notes, createActivations(activations), activations.length)
}

/** Returns the license with the slots that these activations take. */
function takeSlots(license: License, activations: readonly Activation[]): License {
  return {
    ...license,
    domainsUsed: license.domainsUsed + countSlots(activations, 'domain'),
    devicesUsed: license.devicesUsed + countSlots(activations, 'device'),
  }
}
