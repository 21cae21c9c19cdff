import { assert } from '~/assert.ts'
import type { ActivationQuery, ActivationState, LicenseState } from '~/domain/activations.ts'
import { appActor } from '~/domain/actors.ts'
import type { TermsSnapshot } from '~/domain/licenses.ts'
import type { Decide, Store } from '~/store/port.ts'
import { type Eventual, whenReady } from '~/turns.ts'
import type { ClientCall } from './find-license.ts'

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
  return { actor: appActor, requestId, nowMs, idempotency: null }
}
