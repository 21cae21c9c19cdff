import type { Activation, ActivationDraft, LicenseState, Target } from './activations.ts'
import { type Decision, joinWrites, unchanged } from './decisions.ts'
import { Fault, type FieldError, invalidField } from './faults.ts'
import type { LicenseFile } from './license-files.ts'
import { type LicenseTerms, resolveEntitlements, type TermsSnapshot } from './licenses.ts'
import {
  describeLicense,
  fitsToken,
  hashFingerprint,
  limitsPlaces,
  listCoveredDomains,
} from './offline.ts'
import type { Plan } from './plans.ts'
import { decideActivation } from './slots.ts'
import { DAY_MS, SECOND_MS, TIME_MAX_MS } from './times.ts'
import type { SignedTerms } from './tokens.ts'
import { decideFirstUse, findOfflineRefusal, findStatusRefusal } from './validations.ts'
import { isRefusal, offlineNotAllowed, type Refusal } from './verdicts.ts'

/** The parts of a new license file that do not depend on the license. */
export interface FileDraft {
  readonly id: string
  /** The hash of its return code, for a file that is bound to an activation. */
  readonly returnHash: string
  /** How many days it is valid; null for as long as the plan allows. */
  readonly days: number | null
  readonly nowMs: number
}

/** A license file with the activations that it relies on. */
export interface BoundFile {
  readonly file: LicenseFile
  readonly activations: readonly Activation[]
}

/**
 * Throws a Fault that names the missing fields, for a file that would let a license be used in more
 * places than its limits allow.
 */
export function requireBinding(
  { license, plan }: TermsSnapshot,
  hasFingerprint: boolean,
  hasDomain: boolean,
): void {
  const { maxDomains, maxDevices } = resolveEntitlements(license, plan)
  const isBound = hasFingerprint || hasDomain
  const errors: FieldError[] = []
  if (!hasFingerprint && (plan.requireFingerprint || (maxDevices !== null && !isBound))) {
    const detail = 'This license is limited to devices. Send the fingerprint of the device.'
    errors.push({ pointer: '/fingerprint', detail })
  }
  if (!hasDomain && (plan.requireDomain || (maxDomains !== null && !isBound))) {
    const detail = 'This license is limited to domains. Send the domains of the installation.'
    errors.push({ pointer: '/domains', detail })
  }
  const [first] = errors
  if (first === undefined) return
  const either = 'This license has limits, so a file must be bound to a device or to domains.'
  const detail = errors.length === 1 || isBound ? first.detail : either
  throw new Fault('validation_failed', detail, { errors })
}

/** Whether a license can have a file that works anywhere, and that starts no term. */
export function allowsUnboundFile({ license, plan }: TermsSnapshot): boolean {
  const mustBind = limitsPlaces({ license, plan }) || plan.requireDomain || plan.requireFingerprint
  return plan.offline !== null && !mustBind && license.pendingDays === null
}

/**
 * Issues a file that is bound to these activations. It is a use of the license, so it starts a term
 * that waits for the first one. Throws a Fault for more days than the plan allows.
 */
export function decideFile(
  { license, plan }: TermsSnapshot,
  activations: readonly Activation[],
  { id, returnHash, days, nowMs }: FileDraft,
): Decision<BoundFile | Refusal> {
  const refusal = findFileRefusal({ license, plan }, nowMs)
  if (refusal !== null) return unchanged(refusal)
  const firstUse = license.pendingDays === null ? null : decideFirstUse({ license, plan }, nowMs)
  const domains = activations
    .filter(({ kind }) => kind === 'domain')
    .flatMap((domain) => listCoveredDomains({ ...domain, host: domain.value }, domain, plan))
  const { features } = resolveEntitlements(license, plan)
  if (!fitsToken({ features, domains })) {
    const detail =
      'This file would have more than 16 KiB, which apps reject. Shorten the features of the license, or send fewer domains.'
    throw new Fault('invalid_transition', detail)
  }
  const file: LicenseFile = {
    id,
    licenseId: license.id,
    activationIds: activations.map((activation) => activation.id),
    isFingerprintBound: activations.some(({ kind }) => kind === 'device'),
    domains: domains.length === 0 ? null : [...new Set(domains)],
    issuedAtMs: nowMs,
    expiresAtMs: computeFileEnd(plan, (firstUse?.result ?? license).endsAtMs, days, nowMs),
    returnHash: activations.length === 0 ? null : returnHash,
    returnedAtMs: null,
  }
  const created = { changes: [{ type: 'file.create', file } as const], events: [] }
  return {
    result: { file, activations },
    ...joinWrites(firstUse === null ? [created] : [firstUse, created]),
  }
}

/** Activates a device without a connection, and issues a file that is bound to it. */
export function decideActivatedFile(
  state: LicenseState,
  { target, product }: { readonly target: Target; readonly product: string | null },
  newcomer: ActivationDraft,
  draft: FileDraft,
): Decision<BoundFile | Refusal> {
  const refusal = findOfflineRefusal(state, product, draft.nowMs)
  if (refusal !== null) return unchanged(refusal)
  const activated = decideActivation(state, target, newcomer)
  if (isRefusal(activated.result)) return { ...activated, result: activated.result }
  const issued = decideFile(state, [activated.result], draft)
  if (isRefusal(issued.result)) return issued
  return { result: issued.result, ...joinWrites([activated, issued]) }
}

function findFileRefusal(snapshot: TermsSnapshot, nowMs: number): Refusal | null {
  const refusal = findStatusRefusal(snapshot, nowMs)
  return refusal ?? (snapshot.plan.offline === null ? offlineNotAllowed : null)
}

/** Returns when a new file stops working. Throws a Fault for more days than the plan allows. */
export function computeFileEnd(
  { offline }: Plan,
  endsAtMs: number | null,
  days: number | null,
  nowMs: number,
): number {
  const daysMax = offline?.fileDays ?? null
  if (days !== null && daysMax !== null && days > daysMax) {
    const detail = `The plan allows files of up to ${daysMax} days. Send fewer days, or raise its offline.file_days.`
    throw invalidField('/days', detail)
  }
  const lengthDays = days ?? daysMax
  const termEndsAtMs = lengthDays === null ? TIME_MAX_MS : nowMs + lengthDays * DAY_MS
  const endMs = Math.min(termEndsAtMs, endsAtMs ?? TIME_MAX_MS, TIME_MAX_MS)
  return Math.floor(endMs / SECOND_MS) * SECOND_MS
}

/** Returns why a file must not be signed again; null if it may be. */
export function findFlaw(
  { license, plan }: TermsSnapshot,
  { file, activations }: BoundFile,
  nowMs: number,
): string | null {
  const refusal = findFileRefusal({ license, plan }, nowMs)
  if (refusal !== null) return refusal.message
  if (file.returnedAtMs !== null) return 'The license file was returned.'
  if (activations.length < file.activationIds.length) {
    return 'The domain or device of the license file was deactivated.'
  }
  return nowMs < file.expiresAtMs ? null : 'The license file has expired.'
}

/** Returns when a file stops working: it never outlives its license as it is now. */
export function getFileEnd({ endsAtMs }: LicenseTerms, { expiresAtMs }: LicenseFile): number {
  return Math.min(expiresAtMs, endsAtMs ?? TIME_MAX_MS)
}

/** Returns the terms to sign for a file. */
export function buildFileTerms(
  { license, plan }: TermsSnapshot,
  { file, activations }: BoundFile,
  { nonce, feedPosition, nowMs }: FileOccasion,
): SignedTerms {
  const device = activations.find(({ kind }) => kind === 'device')
  const expiresAtMs = getFileEnd(license, file)
  return {
    ...describeLicense({ license, plan }, nowMs),
    productSlug: license.productSlug,
    licenseId: license.id,
    fingerprintHash: device === undefined ? null : hashFingerprint(device.value),
    domains: file.domains,
    activationIds: file.activationIds,
    seat: null,
    refreshAfterMs: expiresAtMs,
    validUntilMs: expiresAtMs,
    expiresAtMs,
    feedPosition,
    nonce,
    requestHash: null,
  }
}

/** When, and for what, a file is signed. */
export interface FileOccasion {
  readonly nonce: string | null
  readonly feedPosition: number
  readonly nowMs: number
}
