import type { Deps } from '~/deps.ts'
import type { ActivationState } from '~/domain/activations.ts'
import type { Change } from '~/domain/decisions.ts'
import type { Hostname } from '~/domain/hostnames.ts'
import { findCreated } from '~/domain/offline.ts'
import { truncateAddress } from '~/domain/usage.ts'
import type { Verdict } from '~/domain/validations.ts'
import type { ClientResult } from './decide-then-commit.ts'
import type { ClientCall, ClientParts } from './find-license.ts'

/** The part of a request that its record has. */
interface RecordedRequest {
  readonly hostname: Hostname | null | undefined
  readonly fingerprint: string | undefined
  readonly version: string | null
  readonly country: string | null
}

interface RecordingDeps {
  readonly store: { readonly activations: Pick<Deps['store']['activations'], 'recordSeen'> }
  readonly usage: Pick<Deps['usage'], 'record'>
  readonly config: Pick<Deps['config'], 'ipStorage'>
}

/** Returns a function that records validations in memory, so that no response waits for a write. */
export function createRecordValidation(
  { store, usage, config }: RecordingDeps,
  { clientAddressOf }: Pick<ClientParts, 'clientAddressOf'>,
) {
  const { ipStorage } = config

  return (
    { result: verdict, license, plan, activationState }: ClientResult<Verdict>,
    { hostname, fingerprint, version, country }: RecordedRequest,
    activatedDomain: string | null,
    { request, nowMs }: ClientCall,
  ) => {
    usage.record({
      licenseId: license.id,
      planSlug: license.planSlug,
      productSlug: license.productSlug,
      atMs: nowMs,
      error: verdict.valid ? null : verdict.error,
      domain: hostname?.host ?? null,
      fingerprint: fingerprint ?? null,
      country,
      address: ipStorage === 'none' ? null : truncateAddress(clientAddressOf(request), ipStorage),
      version,
      activatedDomain,
      sharing: plan.sharing,
    })
    if (!verdict.valid) return
    const { domain, device } = activationState
    if (domain !== null) store.activations.recordSeen(domain, nowMs)
    if (device !== null) store.activations.recordSeen(device, nowMs)
  }
}

/** Returns the domain that covers the request, or is activated by it; null if there is none. */
export function findActivatedDomain(
  { domain }: Pick<ActivationState, 'domain'>,
  changes: readonly Change[],
): string | null {
  if (domain !== null) return domain.value
  return findCreated(changes, 'domain')?.value ?? null
}
