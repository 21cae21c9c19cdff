import type { Deps } from '~/deps.ts'
import { parseKey } from '~/domain/keys.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { keyMalformed, licenseNotFound, type UnknownKey } from '~/domain/verdicts.ts'
import type { ClientAddressOf, CountryOf } from '../plugins/client-address.ts'
import type { RateLimit } from '../plugins/rate-limits.ts'

export interface ClientParts {
  readonly rateLimit: RateLimit
  readonly clientAddressOf: ClientAddressOf
  readonly countryOf: CountryOf
}

/** A request of an app, with the license key that it presents. */
export interface ClientCall {
  readonly key: string
  readonly request: Request
  readonly nowMs: number
}

/**
 * Finds the license of a key, or refuses the key. Throws `rate_limited` for an address that has
 * presented too many unknown keys; a valid key is never rate limited.
 */
export function createFindLicense(
  { store, vault }: Pick<Deps, 'store' | 'vault'>,
  { rateLimit, clientAddressOf }: ClientParts,
) {
  return async ({ key, request, nowMs }: ClientCall): Promise<LicenseSnapshot | UnknownKey> => {
    const parsed = parseKey(key)
    const snapshot =
      parsed.kind === 'unusable'
        ? null
        : await store.validations.findLicense(vault.hashKey(parsed.canonical), nowMs)
    if (snapshot !== null) return snapshot
    rateLimit.recordFailure(clientAddressOf(request), nowMs)
    return parsed.kind === 'licet' && !parsed.checksOut ? keyMalformed : licenseNotFound
  }
}
