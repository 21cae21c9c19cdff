import { toHex, toUtf8 } from './bytes.ts'
import { sha256 } from './sha256.ts'

/**
 * Where a fingerprint comes from: an option of the app, the variable LICET_FINGERPRINT, the operating
 * system's machine ID, or random bytes that are kept in the store.
 */
export type FingerprintKind = 'option' | 'environment' | 'machine' | 'random'

export interface Fingerprint {
  readonly value: string
  readonly kind: FingerprintKind
}

/** Returns the hex SHA-256 of an app's ID and a machine ID, so that no two apps share fingerprints. */
export function hashMachineId(appId: string, machineId: string): string {
  return toHex(sha256(toUtf8(`licet-fp-v1\n${appId}\n${machineId}`)))
}
