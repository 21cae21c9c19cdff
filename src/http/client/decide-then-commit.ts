import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import type { ActivationQuery, ActivationState, LicenseState } from '~/domain/activations.ts'
import { appActor } from '~/domain/actors.ts'
import { unchanged } from '~/domain/decisions.ts'
import type { TermsSnapshot } from '~/domain/licenses.ts'
import type { Binding } from '~/domain/offline.ts'
import type { Plan } from '~/domain/plans.ts'
import { findTermsRefusal, startTermForLease, type TermsRequest } from '~/domain/validations.ts'
import { isRefusal, type Refusal, toRefusalFault } from '~/domain/verdicts.ts'
import type { Decide, Store } from '~/store/port.ts'
import { type Eventual, whenReady } from '~/turns.ts'
import { type ClientCall, type ClientParts, createFindLicense } from './find-license.ts'
import { createOutcomeSigning, type SigningRequest } from './signed-outcomes.ts'

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

/** A client call that is answered with what was granted, or a problem. */
export interface ClientCommand<Granted> {
  readonly key: string
  readonly query: ActivationQuery
  readonly decide: Decide<LicenseState, Granted | Refusal>
  /** The product and the features that the license must have. */
  readonly terms?: TermsRequest
  /** How to sign the outcome, if the request asks for it. */
  readonly signing?: SigningRequest & {
    readonly bind: (granted: Granted, plan: Plan) => Binding
  }
}

/** A grant, and the member `signed` of the response if the request asks for it. */
export interface Outcome<Granted> {
  readonly granted: Granted
  readonly signed: { readonly signed?: string }
}

/** Returns a function that finds the license, decides, and throws a refusal as a problem. */
export function createClientCommand(
  deps: Pick<Deps, 'store' | 'vault' | 'signer'>,
  parts: ClientParts,
) {
  const findLicense = createFindLicense(deps, parts)
  const prepareSigner = createOutcomeSigning(deps)

  return async <Granted extends object>(
    call: ClientCall,
    { key, query, decide, terms, signing }: ClientCommand<Granted>,
  ): Promise<Outcome<Granted>> => {
    const signer = signing ? await prepareSigner(signing, call) : null
    const found = await findLicense(key, call)
    if (isRefusal(found)) throw toRefusalFault(found, signer?.refusal(found, null))
    const decideUse: typeof decide = (state) => {
      const refusal = terms ? findTermsRefusal(state, terms, call.nowMs) : null
      if (refusal !== null) return unchanged(refusal)
      const decision = decide(state)
      return signing?.lease === true ? startTermForLease(state, decision, call.nowMs) : decision
    }
    const decided = await decideThenCommit(deps.store, found, query, call, decideUse)
    const { result, license, plan } = decided
    if (isRefusal(result)) throw toRefusalFault(result, signer?.refusal(result, license))
    if (signing === undefined || signer === null) return { granted: result, signed: {} }
    const signed = signer.grant({ license, plan }, signing.bind(result, plan))
    return { granted: result, signed: { signed } }
  }
}
