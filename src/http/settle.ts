import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import type { Probe, Standings, Subject } from '~/domain/activations.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { isRefusal, type Refusal, toFault } from '~/domain/verdicts.ts'
import type { Changed, CommandContext, Decide, Store } from '~/store/port.ts'
import { requestState } from './plugins/requests.ts'
import { type AppParts, createFindPresented, type Presented } from './presented-keys.ts'

/** What came of an app's request, and the license as it is after it. */
export interface Settled<Result> extends LicenseSnapshot {
  readonly result: Result
  /** As they were before it. */
  readonly standings: Standings
}

/**
 * Decides over what is read, mostly from memory; only when the decision wants to write something is
 * it taken again, over fresh facts, in a transaction. So repeats and refusals open none.
 */
export async function settle<Result>(
  store: Pick<Store, 'findStandings' | 'changeLicense'>,
  snapshot: LicenseSnapshot,
  probe: Probe,
  context: CommandContext<Changed<Result>>,
  decide: Decide<Subject, Result>,
): Promise<Settled<Result>> {
  const { license, plan } = snapshot
  const standings = await store.findStandings(snapshot, probe)
  const { result, changes } = decide({ ...standings, license, plan })
  if (changes.length === 0) return { result, license, plan, standings }
  const changed = await store.changeLicense(license.id, probe, context, decide)
  assert(changed !== null, 'licenses are never deleted')
  return { ...changed, standings }
}

export function appContext({ request, nowMs }: Pick<Presented, 'request' | 'nowMs'>) {
  return { actor: 'app', requestId: requestState(request).id, nowMs, idempotency: null }
}

export type Grant = <Granted extends object>(
  presented: Presented,
  probe: Probe,
  decide: Decide<Subject, Granted | Refusal>,
) => Promise<Granted>

/** For routes that answer a refusal as a problem, which it throws. */
export function createGrant(deps: Pick<Deps, 'store' | 'vault'>, parts: AppParts): Grant {
  const findPresented = createFindPresented(deps, parts)
  return async (presented, probe, decide) => {
    const found = await findPresented(presented)
    if (isRefusal(found)) throw toFault(found)
    const context = appContext(presented)
    const { result } = await settle(deps.store, found, probe, context, decide)
    if (isRefusal(result)) throw toFault(result)
    return result
  }
}
