import type { Deps } from '~/deps.ts'
import type { TermsSnapshot } from '~/domain/licenses.ts'
import { isRefusal, type UnknownKey } from '~/domain/verdicts.ts'
import { type Eventual, whenReady } from '~/turns.ts'
import { createFindByKey } from '../find-by-key.ts'
import type { ClientAddressOf, CountryOf } from '../plugins/client-address.ts'
import type { RateLimit } from '../plugins/rate-limits.ts'
import { requestState } from '../plugins/requests.ts'
import { createMatchKey } from './match-key.ts'

export interface ClientParts {
  readonly rateLimit: RateLimit
  readonly clientAddressOf: ClientAddressOf
  readonly countryOf: CountryOf
}

/** A request of an app. */
export interface ClientCall {
  readonly request: Request
  readonly requestId: string
  /** The body as it was sent, which a signed response refers to. */
  readonly bodyBytes: Uint8Array
  /** See `hashUsualKey`. Undefined if the key is not hashed yet. */
  readonly keyHash?: string | null
  readonly nowMs: number
}

/** Adds the call to a route that Elysia runs. Nearly all run as in `native-routes.ts`. */
export const createCall =
  ({ clock }: Pick<Deps, 'clock'>) =>
  ({ request }: { readonly request: Request }): { readonly call: ClientCall } => {
    const { id: requestId, bodyBytes } = requestState(request)
    return { call: { request, requestId, bodyBytes, nowMs: clock.nowMs() } }
  }

/**
 * Finds the license of a key, or refuses the key. Throws `rate_limited` for an address that has
 * presented too many unknown keys; a key that is known is never rate limited.
 */
export function createFindLicense(
  deps: Pick<Deps, 'store' | 'vault'>,
  { rateLimit, clientAddressOf }: ClientParts,
) {
  const findByKey = createFindByKey(deps)
  const matchKey = createMatchKey(deps)

  async function matchOrCount(key: string, refusal: UnknownKey, call: ClientCall) {
    const address = clientAddressOf(call.request)
    // Before anything is looked up, so that a flood of guesses costs little.
    rateLimit.requireRoom(address)
    const matched = await matchKey(key, call)
    if (matched !== null) return matched
    rateLimit.recordFailure(address)
    return refusal
  }

  return (key: string, call: ClientCall): Eventual<TermsSnapshot | UnknownKey> => {
    const finding = findByKey(key, call.nowMs, call.keyHash)
    return whenReady(finding, (found) =>
      isRefusal(found) ? matchOrCount(key, found, call) : found,
    )
  }
}
