import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { isVisible, type PortalSession, toCustomerActor } from '~/domain/portal-sessions.ts'
import { truncateAddress } from '~/domain/usage.ts'
import { type PortalParts, portalSessionOf } from '../plugins/portal-auth.ts'
import { requestState } from '../plugins/requests.ts'

/** A request of a customer who is signed in. */
export interface PortalCall {
  readonly session: PortalSession
  readonly nowMs: number
  /** The origin of the changes that the request makes. */
  readonly context: ReturnType<typeof buildContext>
}

type CallDeps = Pick<Deps, 'clock' | 'config'>

/** Adds the call to a route with the credential `portal session`. */
export const createPortalCall =
  (deps: CallDeps, parts: Pick<PortalParts, 'clientAddressOf'>) =>
  ({ request }: { readonly request: Request }): { readonly call: PortalCall } => {
    const session = portalSessionOf(request)
    const nowMs = deps.clock.nowMs()
    return { call: { session, nowMs, context: buildContext(deps, parts, session, request) } }
  }

/** Builds the context of a change by a customer. */
export function buildContext(
  { clock, config }: CallDeps,
  { clientAddressOf }: Pick<PortalParts, 'clientAddressOf'>,
  session: PortalSession,
  request: Request,
) {
  return {
    actor: toCustomerActor(session),
    address: truncateAddress(clientAddressOf(request), config.ipStorage),
    requestId: requestState(request).id,
    nowMs: clock.nowMs(),
    idempotency: null,
  }
}

/** Finds a license of the customer. Throws the same Fault for those of others and unknown ones. */
export async function requireOwnLicense(
  { store }: Pick<Deps, 'store'>,
  { session }: PortalCall,
  /** The router reads malformed percent-encoding as null. */
  id: string | null,
): Promise<LicenseRecord> {
  const record = id === null || id.includes('\0') ? null : await store.licenses.find(id)
  if (record === null || !isVisible(session, record.license)) {
    throw new Fault('not_found', 'No such license.')
  }
  return record
}
