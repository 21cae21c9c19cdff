import type { Deps } from '~/deps.ts'
import type { ActivationState } from '~/domain/activations.ts'
import type { Change } from '~/domain/decisions.ts'
import type { Hostname } from '~/domain/hostnames.ts'
import { keptAddress, type ValidationRecord } from '~/domain/usage.ts'
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
  { store, config }: Pick<Deps, 'store' | 'config'>,
  { clientAddressOf }: Pick<ClientParts, 'clientAddressOf'>,
): RecordValidation {
  const { ipStorage } = config

  function addressOf({ request }: ClientCall): string | null {
    return ipStorage === 'none' ? null : keptAddress(clientAddressOf(request), ipStorage)
  }

  return (judged, presented) => {
    const { result: verdict, license, plan, activationState, hostname } = judged
    const record: ValidationRecord = {
      licenseId: license.id,
      planSlug: license.planSlug,
      productSlug: license.productSlug,
      atMs: presented.nowMs,
      error: verdict.valid ? null : verdict.error,
      domain: hostname?.host ?? null,
      fingerprint: judged.fingerprint ?? null,
      country: judged.country,
      address: addressOf(presented),
      version: judged.version,
      activationIds: idsOf(activationState),
      activatedDomain: judged.activatedDomain,
      sharing: plan.sharing,
      mayDecideEviction: plan.evictIdleDays !== null,
    }
    store.usage.recordValidation(record)
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

function idsOf({ domain, device }: Pick<ActivationState, 'domain' | 'device'>): string[] {
  const ids: string[] = []
  if (domain !== null) ids.push(domain.id)
  if (device !== null) ids.push(device.id)
  return ids
}
