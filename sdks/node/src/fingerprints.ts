import { toHex, toUtf8 } from './bytes.ts'
import type { Platform } from './platform.ts'
import { sha256 } from './sha256.ts'
import type { Store } from './store.ts'

const VARIABLE = 'LICET_FINGERPRINT'
const RANDOM_BYTES = 16
const STORED_NAME = 'licet-device'
const STORED_ID = /^[0-9a-f]{32}$/

/**
 * Where a fingerprint comes from: the app, the variable LICET_FINGERPRINT, the operating system's ID of the
 * machine, or random bytes that are kept in the store.
 */
export type FingerprintKind = 'option' | 'environment' | 'machine' | 'random'

export interface Fingerprint {
  readonly value: string
  readonly kind: FingerprintKind
}

/**
 * Returns the fingerprint of this device for one app. In a container it is random, because the ID of
 * the machine would be that of the image: use seats there, or set LICET_FINGERPRINT.
 */
export async function findFingerprint(
  appId: string,
  platform: Pick<Platform, 'readVariable' | 'findMachineId'>,
  store: Store,
  option?: string | null,
): Promise<Fingerprint> {
  if (option?.trim()) return { value: option, kind: 'option' }
  const variable = platform.readVariable(VARIABLE)
  if (variable?.trim()) return { value: variable, kind: 'environment' }
  const machineId = await platform.findMachineId()
  if (machineId?.trim()) return { value: hashMachineId(appId, machineId), kind: 'machine' }
  return { value: hashMachineId(appId, await findRandomId(store)), kind: 'random' }
}

/** Returns the hex SHA-256 of an app's ID and a machine ID, so that no two apps share fingerprints. */
export function hashMachineId(appId: string, machineId: string): string {
  return toHex(sha256(toUtf8(`licet-fp-v1\n${appId}\n${machineId.trim()}`)))
}

async function findRandomId(store: Store): Promise<string> {
  const stored = await readStoredId(store)
  if (stored !== null) return stored
  const id = toHex(globalThis.crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)))
  await store.put(STORED_NAME, id)
  // Another process may have stored its own at the same time. The last one is that of the device.
  return (await readStoredId(store)) ?? id
}

async function readStoredId(store: Store): Promise<string | null> {
  const stored = await store.get(STORED_NAME)
  return stored !== null && STORED_ID.test(stored) ? stored : null
}
