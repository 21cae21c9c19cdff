import { parseKey } from '~/domain/keys.ts'
import { decideValidation } from '~/domain/validations.ts'
import type { ClientCall, ClientParts } from '~/http/client/find-license.ts'
import { createRecordValidation } from '~/http/client/record-validation.ts'
import { createParseRequest } from '~/http/client/validation-request.ts'
import type { Config } from '~/platform/config.ts'
import type { Metrics } from '~/platform/metrics.ts'
import type { ValidateBody, Verdict } from '~/wire/validations.ts'
import { presentVerdict } from '~/wire/verdicts.ts'
import type { Facts } from './facts.ts'
import type { EdgeFigures } from './figures.ts'
import type { EdgeUsage } from './usage-port.ts'

export interface ConfirmParts extends Pick<ClientParts, 'clientAddressOf' | 'countryOf'> {
  readonly facts: Facts
  readonly usage: Pick<EdgeUsage, 'record' | 'recordSeen'>
  readonly figures: EdgeFigures
  readonly metrics: Pick<Metrics, 'recordVerdict'>
  readonly hashKey: (text: string) => string
  readonly config: Pick<Config, 'ipStorage'>
}

/** Returns the answer to a validation from memory; null if only the primary can answer. */
export type Confirm = (body: ValidateBody, call: ClientCall) => Verdict | null

/**
 * Returns a function that confirms what is known: that a license is valid here and now, and that nothing
 * has to be written. It records what it confirms.
 */
export function createConfirm(parts: ConfirmParts): Confirm {
  const { facts, usage, figures, metrics, hashKey } = parts
  const parseRequest = createParseRequest(parts)
  const store = { activations: usage }
  const recordValidation = createRecordValidation({ ...parts, store }, parts)

  return (body, call) => {
    const keyHash = call.keyHash ?? hashOtherKey(hashKey, body.key)
    const entry = keyHash === null ? undefined : facts.find(keyHash)
    if (keyHash === null || entry === undefined) return null
    const request = parseRequest(body, call)
    const { hostname, fingerprint } = request
    const query = { intent: 'validate', hostname, fingerprint } as const
    const activationState = facts.findState(entry, query)
    if (activationState === undefined) return null
    const { license, plan } = entry
    const state = { ...activationState, license, plan }
    const { result, changes } = decideValidation(state, request, createNoId, call.nowMs)
    if (!result.valid || changes.length > 0) return null
    figures.confirmed += 1
    metrics.recordVerdict('VALID')
    const { domain } = activationState
    const confirmed = { result, license, plan, activationState }
    recordValidation(confirmed, request, domain?.value ?? null, call)
    if (facts.areOld(entry)) facts.learn({ keyHash, key: body.key, domain: body.domain, query })
    return presentVerdict(result, license, plan)
  }
}

/** Returns the hash of the most likely reading of a key that is not in its usual form. */
export function hashOtherKey(hashKey: (text: string) => string, text: string): string | null {
  const key = parseKey(text)
  return key.kind === 'unusable' ? null : hashKey(key.canonical)
}

/** A decision that needs an ID has something to write, so it is left to the primary. */
const createNoId = () => ''
