import type { Deps } from '~/deps.ts'
import type { Activation, ActivationState } from '~/domain/activations.ts'
import type { Change } from '~/domain/decisions.ts'
import type { Hostname } from '~/domain/hostnames.ts'
import { keptAddress } from '~/domain/usage.ts'
import type { Verdict } from '~/domain/validations.ts'
import type { ClientResult } from './decide-then-commit.ts'
import type { ClientCall, ClientParts } from './find-license.ts'

/** A validation that was judged, and what is kept of its request. */
export interface DecidedValidation extends ClientResult<Verdict> {
  readonly hostname: Hostname | null | undefined
  readonly fingerprint: string | undefined
  readonly version: string | null
  readonly country: string | null
  readonly activatedDomain: string | null
}

export type RecordValidation = (judged: DecidedValidation, presented: ClientCall) => void

/** Notes a verdict for counters and history, in memory: its answer does not wait. */
export function createRecordValidation(
  { store, usage, config }: Pick<Deps, 'store' | 'usage' | 'config'>,
  { clientAddressOf }: Pick<ClientParts, 'clientAddressOf'>,
): RecordValidation {
  const { ipStorage } = config

  function addressOf({ request }: ClientCall): string | null {
    return ipStorage === 'none' ? null : keptAddress(clientAddressOf(request), ipStorage)
  }

  return (judged, presented) => {
    const { result: verdict, license, plan, activationState, hostname } = judged
    const { nowMs } = presented
    usage.record({
      licenseId: license.id,
      planSlug: license.planSlug,
      productSlug: license.productSlug,
      atMs: nowMs,
      error: verdict.valid ? null : verdict.error,
      domain: hostname?.host ?? null,
      fingerprint: judged.fingerprint ?? null,
      country: judged.country,
      address: addressOf(presented),
      version: judged.version,
      activatedDomain: judged.activatedDomain,
      sharing: plan.sharing,
    })
    if (verdict.valid) store.activations.recordSeen(activationsOf(activationState), nowMs)
  }
}

/** The domain that holds a slot or does from now on: not every valid one does. */
export function activatedDomainOf(
  { domain }: Pick<ActivationState, 'domain'>,
  changes: readonly Change[],
): string | null {
  if (domain !== null) return domain.value
  for (const change of changes) {
    const isDomain = change.type === 'activation.create' && change.activation.kind === 'domain'
    if (isDomain) return change.activation.value
  }
  return null
}

function activationsOf({ domain, device }: ActivationState): Activation[] {
  return [domain, device].filter((activation) => activation !== null)
}
