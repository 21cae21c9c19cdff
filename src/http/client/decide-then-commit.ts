import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import type { ActivationQuery, ActivationState, LicenseState } from '~/domain/activations.ts'
import type { TermsSnapshot } from '~/domain/licenses.ts'
import { isRefusal, type Refusal, toRefusalFault } from '~/domain/verdicts.ts'
import type { Decide, Store } from '~/store/port.ts'
import { type Eventual, whenReady } from '~/turns.ts'
import { type ClientCall, type ClientParts, createFindLicense } from './find-license.ts'

/** The result of a client call, and the license as it is afterwards. */
export interface ClientResult<Result> extends TermsSnapshot {
  readonly result: Result
  /** The activations as they were before the call. */
  readonly activationState: ActivationState
}

/**
 * Decides on cached state first. Only if the decision has changes does it decide again, in a
 * transaction and on fresh state. So neither repeats nor refusals open a transaction.
 */
export function decideThenCommit<Result>(
  store: Pick<Store, 'licenses' | 'validations'>,
  snapshot: TermsSnapshot,
  query: ActivationQuery,
  call: ClientCall,
  decide: Decide<LicenseState, Result>,
): Eventual<ClientResult<Result>> {
  const decideOn = (activationState: ActivationState): Eventual<ClientResult<Result>> => {
    const { license, plan } = snapshot
    const { result, changes } = decide({ ...activationState, license, plan })
    if (changes.length === 0) return { result, license, plan, activationState }
    const context = createClientContext(call)
    return store.licenses.change(license.id, query, context, decide).then((changed) => {
      assert(changed !== null, 'licenses are never deleted')
      return { ...changed, activationState }
    })
  }
  const state = store.validations.findActivationState(snapshot, query)
  return whenReady(state, decideOn)
}

export function createClientContext({ requestId, nowMs }: ClientCall) {
  return { actor: 'app', requestId, nowMs, idempotency: null }
}

/** Returns a function that finds the license, decides, and throws a refusal as a problem. */
export function createClientCommand(deps: Pick<Deps, 'store' | 'vault'>, parts: ClientParts) {
  const findLicense = createFindLicense(deps, parts)
  return async <Granted extends object>(
    key: string,
    call: ClientCall,
    query: ActivationQuery,
    decide: Decide<LicenseState, Granted | Refusal>,
  ) => {
    const found = await findLicense(key, call)
    if (isRefusal(found)) throw toRefusalFault(found)
    const { result } = await decideThenCommit(deps.store, found, query, call, decide)
    if (isRefusal(result)) throw toRefusalFault(result)
    return result
  }
}
