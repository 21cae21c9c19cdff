import type { Deps } from '~/deps.ts'
import type { ActivationQuery, LicenseState } from '~/domain/activations.ts'
import { unchanged } from '~/domain/decisions.ts'
import { type Binding, requireSignable } from '~/domain/offline.ts'
import type { Plan } from '~/domain/plans.ts'
import { findTermsRefusal, startTermForLease, type TermsRequest } from '~/domain/validations.ts'
import { isRefusal, type Refusal, toRefusalFault } from '~/domain/verdicts.ts'
import type { Decide } from '~/store/port.ts'
import { decideThenCommit } from './decide-then-commit.ts'
import { type ClientCall, type ClientParts, createFindLicense } from './find-license.ts'
import { createPrepareSigner, type SigningRequest } from './signed-outcomes.ts'

/** A client call whose response is what was granted, or a problem. */
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
  const prepareSigner = createPrepareSigner(deps)

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
      if (signing && signer !== null && !isRefusal(decision.result)) {
        requireSignable(state, signing.bind(decision.result, state.plan))
      }
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
