import type { LicenseState } from '../activations.ts'
import { type Decision, unchanged } from '../decisions.ts'
import { resolveEntitlements, type TermsSnapshot } from '../licenses.ts'
import { decideValidation, findStatusRefusal, type Verdict } from '../validations.ts'
import { deviceNotActivated, type Refusal, refuse, type VerdictError } from '../verdicts.ts'

/** The validation codes of Keygen that Licet sends, see https://keygen.sh/docs/api/licenses/#licenses-actions-validate-key-codes. */
export type KeygenCode =
  | 'VALID'
  | 'NOT_FOUND'
  | 'SUSPENDED'
  | 'EXPIRED'
  | 'NO_MACHINE'
  | 'NO_MACHINES'
  | 'TOO_MANY_MACHINES'
  | 'MACHINE_SCOPE_MISMATCH'
  | 'FINGERPRINT_SCOPE_REQUIRED'
  | 'FINGERPRINT_SCOPE_MISMATCH'
  | 'FINGERPRINT_SCOPE_EMPTY'
  | 'COMPONENTS_SCOPE_EMPTY'
  | 'ENTITLEMENTS_MISSING'
  | 'ENTITLEMENTS_SCOPE_EMPTY'
  | 'PRODUCT_SCOPE_MISMATCH'
  | 'POLICY_SCOPE_MISMATCH'
  | 'USER_SCOPE_MISMATCH'
  | 'ENVIRONMENT_SCOPE_MISMATCH'

/** The result of a validation as Keygen describes it. */
export interface KeygenResult {
  readonly valid: boolean
  readonly code: KeygenCode
  readonly detail: string
}

/** The same result in our terms, which the usage history has. */
export interface KeygenVerdict extends KeygenResult {
  readonly verdict: Verdict
}

/** The requirements of an app, which Keygen calls `meta.scope`. Undefined ones require nothing. */
export interface KeygenScope {
  readonly product?: string | undefined
  readonly policy?: string | undefined
  /** The ID or the email address of the customer; null for a license without one. */
  readonly user?: string | null | undefined
  readonly environment?: string | null | undefined
  readonly entitlements?: readonly string[] | undefined
  readonly machine?: string | undefined
  readonly fingerprints?: readonly string[] | undefined
  readonly components?: readonly string[] | undefined
  /** Whether a single fingerprint was sent, without which components cannot be checked. */
  readonly hasFingerprint?: boolean
}

/** The identifiers of a license that a scope can name. */
export interface KeygenIdentity {
  readonly productId: string
  readonly policyId: string
  readonly userId: string | null
  readonly email: string | null
}

const refused = (code: KeygenCode, detail: string): KeygenResult => ({
  valid: false,
  code,
  detail,
})

const valid: KeygenResult = { valid: true, code: 'VALID', detail: 'is valid' }

/** The result for a key that no license has. */
export const keygenNotFound = refused('NOT_FOUND', 'does not exist')

/** A scope that Licet has nothing for, such as another environment, never matches. */
const mismatches: readonly {
  readonly error: VerdictError
  readonly code: KeygenCode
  readonly detail: string
  applies(scope: KeygenScope, identity: KeygenIdentity): boolean
}[] = [
  {
    error: 'PRODUCT_MISMATCH',
    code: 'ENVIRONMENT_SCOPE_MISMATCH',
    detail: 'environment scope does not match',
    applies: ({ environment = null }) => environment !== null,
  },
  {
    error: 'PRODUCT_MISMATCH',
    code: 'PRODUCT_SCOPE_MISMATCH',
    detail: 'product scope does not match',
    applies: ({ product }, { productId }) => product !== undefined && product !== productId,
  },
  {
    error: 'PRODUCT_MISMATCH',
    code: 'POLICY_SCOPE_MISMATCH',
    detail: 'policy scope does not match',
    applies: ({ policy }, { policyId }) => policy !== undefined && policy !== policyId,
  },
  {
    error: 'PRODUCT_MISMATCH',
    code: 'USER_SCOPE_MISMATCH',
    detail: 'user scope does not match',
    applies: ({ user }, identity) => user !== undefined && !isCustomer(user, identity),
  },
  {
    error: 'FEATURE_NOT_INCLUDED',
    code: 'ENTITLEMENTS_SCOPE_EMPTY',
    detail: 'entitlements scope is empty',
    applies: ({ entitlements }) => entitlements?.length === 0,
  },
  {
    error: 'FINGERPRINT_REQUIRED',
    code: 'FINGERPRINT_SCOPE_EMPTY',
    detail: 'fingerprint scope is empty',
    applies: ({ fingerprints }) => fingerprints?.length === 0,
  },
  {
    error: 'FINGERPRINT_REQUIRED',
    code: 'FINGERPRINT_SCOPE_REQUIRED',
    detail: 'fingerprint scope is required when using the components scope',
    applies: ({ components, hasFingerprint }) =>
      components !== undefined && hasFingerprint !== true,
  },
  {
    error: 'FINGERPRINT_REQUIRED',
    code: 'COMPONENTS_SCOPE_EMPTY',
    detail: 'components scope is empty',
    applies: ({ components }) => components?.length === 0,
  },
]

function isCustomer(user: string | null, { userId, email }: KeygenIdentity): boolean {
  if (user === null) return userId === null && email === null
  return user === userId || user.toLowerCase() === email
}

/** Returns the result for a scope that the license does not match, whatever its machines are; null if it does. */
export function findScopeMismatch(
  scope: KeygenScope,
  identity: KeygenIdentity,
): KeygenVerdict | null {
  const found = mismatches.find(({ applies }) => applies(scope, identity))
  if (found === undefined) return null
  const { error, code, detail } = found
  return { ...refused(code, detail), verdict: refuse(error, `The ${detail}.`) }
}

/** The part of a scope that is left to decide once its machine is known. */
export interface KeygenRequest {
  readonly mismatch: KeygenVerdict | null
  readonly entitlements: readonly string[]
  /** The fingerprint of the machine. Undefined if the scope names none. */
  readonly fingerprint: string | undefined
  /** Whether the scope names a machine by an ID that no machine of the license has. */
  readonly isUnknownMachine: boolean
  readonly country: string | null
}

/**
 * Decides as a validation of ours does, except that it never activates a device, whatever the plan says:
 * apps of Keygen create a machine first, and would find that it exists.
 */
export function decideKeygenValidation(
  state: LicenseState,
  { mismatch, entitlements, fingerprint, isUnknownMachine, country }: KeygenRequest,
  createId: () => string,
  nowMs: number,
): Decision<KeygenVerdict> {
  const status = findStatusRefusal(state, nowMs)
  if (status !== null) return unchanged(translate(status, state))
  if (mismatch !== null) return unchanged(mismatch)
  if (isUnknownMachine) return unchanged(refuseUnknownMachine(state))
  const plan = { ...state.plan, activation: 'explicit' as const }
  const request = { features: entitlements, fingerprint, country }
  const decision = decideValidation({ ...state, plan }, request, createId, nowMs)
  return { ...decision, result: translate(decision.result, state) }
}

function refuseUnknownMachine(state: TermsSnapshot): KeygenVerdict {
  const detail = 'machine is not activated (does not match any associated machines)'
  const result =
    state.license.devicesUsed === 0
      ? refuseNoMachine(state, 'machine is not activated')
      : refused('MACHINE_SCOPE_MISMATCH', detail)
  return { ...result, verdict: deviceNotActivated }
}

/** Returns a verdict as Keygen describes it. */
export function translate(verdict: Verdict, state: TermsSnapshot): KeygenVerdict {
  return { ...(verdict.valid ? valid : translateRefusal(verdict, state)), verdict }
}

/** A revoked license is deleted at Keygen, so it looks like one that never existed. */
function translateRefusal({ error, message }: Refusal, state: TermsSnapshot): KeygenResult {
  switch (error) {
    case 'LICENSE_REVOKED':
      return keygenNotFound
    case 'LICENSE_SUSPENDED':
      return refused('SUSPENDED', 'is suspended')
    case 'LICENSE_EXPIRED':
      return refused('EXPIRED', 'is expired')
    case 'FEATURE_NOT_INCLUDED':
      return refused('ENTITLEMENTS_MISSING', 'is missing one or more required entitlements')
    case 'FINGERPRINT_REQUIRED':
      return refused('FINGERPRINT_SCOPE_REQUIRED', 'fingerprint scope is required')
    case 'DEVICE_NOT_ACTIVATED':
      return state.license.devicesUsed === 0
        ? refuseNoMachine(state, 'fingerprint is not activated')
        : refused(
            'FINGERPRINT_SCOPE_MISMATCH',
            'fingerprint is not activated (does not match any associated machines)',
          )
    case 'DEVICE_LIMIT_REACHED':
      return refused('TOO_MANY_MACHINES', 'has too many associated machines')
    default:
      // An app of Keygen cannot send a domain, so it can never use a plan that requires one.
      return refused('POLICY_SCOPE_MISMATCH', message)
  }
}

function refuseNoMachine(state: TermsSnapshot, subject: string): KeygenResult {
  return isFloating(state)
    ? refused('NO_MACHINES', `${subject} (has no associated machines)`)
    : refused('NO_MACHINE', `${subject} (has no associated machine)`)
}

/** A license for a single machine is node-locked, and any other is floating. */
export function isFloating({ license, plan }: TermsSnapshot): boolean {
  return resolveEntitlements(license, plan).maxDevices !== 1
}
