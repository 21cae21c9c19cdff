import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import type { ActivationQuery, ActivationState, LicenseState } from '~/domain/activations.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { isRefusal, type Refusal, toRefusalFault } from '~/domain/verdicts.ts'
import type { Changed, CommandContext, Decide, Store } from '~/store/port.ts'
import { requestState } from '../plugins/requests.ts'
import { type ClientCall, type ClientParts, createFindLicense } from './find-license.ts'

/** What came of an app's request, and the license as it is after it. */
export interface ClientResult<Result> extends LicenseSnapshot {
  readonly result: Result
  /** As they were before it. */
  readonly activationState: ActivationState
}

/**
 * Decides over what is read, mostly from memory; only when the decision wants to write something is
 * it taken again, over fresh facts, in a transaction. So repeats and refusals open none.
 */
export async function decideThenCommit<Result>(
  store: Pick<Store, 'licenses' | 'validations'>,
  snapshot: LicenseSnapshot,
  query: ActivationQuery,
  context: CommandContext<Changed<Result>>,
  decide: Decide<LicenseState, Result>,
): Promise<ClientResult<Result>> {
  const { license, plan } = snapshot
  const activationState = await store.validations.findActivationState(snapshot, query)
  const { result, changes } = decide({ ...activationState, license, plan })
  if (changes.length === 0) return { result, license, plan, activationState }
  const changed = await store.licenses.change(license.id, query, context, decide)
  assert(changed !== null, 'licenses are never deleted')
  return { ...changed, activationState }
}

export function clientContext({ request, nowMs }: Pick<ClientCall, 'request' | 'nowMs'>) {
  return { actor: 'app', requestId: requestState(request).id, nowMs, idempotency: null }
}

export type ClientCommand = <Granted extends object>(
  presented: ClientCall,
  query: ActivationQuery,
  decide: Decide<LicenseState, Granted | Refusal>,
) => Promise<Granted>

/** For routes that answer a refusal as a problem, which it throws. */
export function createClientCommand(
  deps: Pick<Deps, 'store' | 'vault'>,
  parts: ClientParts,
): ClientCommand {
  const findLicense = createFindLicense(deps, parts)
  return async (presented, query, decide) => {
    const found = await findLicense(presented)
    if (isRefusal(found)) throw toRefusalFault(found)
    const context = clientContext(presented)
    const { result } = await decideThenCommit(deps.store, found, query, context, decide)
    if (isRefusal(result)) throw toRefusalFault(result)
    return result
  }
}
