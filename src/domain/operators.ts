import type { Caller } from './actors.ts'
import { checkGrant, hasScope } from './api-keys.ts'
import { Fault } from './faults.ts'

/** The name of the operator that a setup link without any creates. */
export const FIRST_OPERATOR = 'admin'

/** A person who signs in to the dashboard. */
export interface Operator {
  readonly id: string
  /** Unique. */
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAtMs: number
  /** When the operator was disabled; null if the operator may sign in. */
  readonly disabledAtMs: number | null
}

/** Builds an operator who may sign in, by default with all scopes. */
export function buildOperator(
  given: Pick<Operator, 'id' | 'name' | 'createdAtMs'> & Partial<Operator>,
): Operator {
  const scopes = [...new Set(given.scopes ?? ['*'])]
  return { disabledAtMs: null, ...given, scopes }
}

/** A change of an operator. */
export interface OperatorUpdate {
  readonly name?: string
  readonly scopes?: readonly string[]
  readonly disabled?: boolean
}

/** The caller of a change, as far as it limits which operators the caller may change. */
type Holder = Pick<Caller, 'scopes' | 'expiresAtMs'>

/**
 * Returns the operator after an update. Throws a Fault if the holder lacks a scope that the operator
 * has or would get, or expires and would give something to the operator.
 */
export function decideOperatorUpdate(
  operator: Operator,
  holder: Holder,
  { name = operator.name, scopes = operator.scopes, disabled }: OperatorUpdate,
  nowMs: number,
): Operator {
  requireScopesOf(operator, holder)
  checkGrant(holder, scopes)
  const wasDisabled = operator.disabledAtMs !== null
  const isDisabled = disabled ?? wasDisabled
  const disabledAtMs = isDisabled ? (operator.disabledAtMs ?? nowMs) : null
  const next = { ...operator, name, scopes: [...new Set(scopes)], disabledAtMs }
  const isGiven =
    !scopes.every((scope) => hasScope(operator, scope)) || (wasDisabled && !isDisabled)
  if (isGiven) requireLasting(holder)
  const isSame =
    name === operator.name &&
    isDisabled === wasDisabled &&
    next.scopes.join() === operator.scopes.join()
  return isSame ? operator : next
}

/** Throws a Fault if the holder of a credential lacks a scope of an operator or a session. */
export function requireScopesOf(
  { scopes }: Pick<Operator, 'scopes'>,
  holder: Pick<Operator, 'scopes'>,
): void {
  checkGrant(holder, scopes)
}

/**
 * Throws a Fault for a credential that expires: an operator does not, so a leaked key could replace
 * itself with one.
 */
export function requireLasting({ expiresAtMs }: Pick<Caller, 'expiresAtMs'>): void {
  if (expiresAtMs === null) return
  const detail =
    'Your API key expires, but operators do not, so it can only take something away from them. Use an API key that does not expire.'
  throw new Fault('lasting_key_required', detail)
}

/** Throws a Fault for an operator who may not sign in. */
export function requireEnabled({ name, disabledAtMs }: Operator): void {
  if (disabledAtMs === null) return
  const detail = `The operator ${name} is disabled. Enable this operator first.`
  throw new Fault('invalid_transition', detail)
}
