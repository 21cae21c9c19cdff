// The entry point for Node, Bun, Deno and Electron.
import { LicetClient } from './client.ts'
import { checkAppId } from './context.ts'
import { type Fingerprint, findFingerprint } from './fingerprints.ts'
import { nodePlatform } from './node/platform.ts'
import type { LicetOptions } from './options.ts'
import type { State } from './state.ts'
import type { Store } from './store.ts'
import { type VerifyOptions, verifyText } from './verify-text.ts'

export * from './api.ts'

/** Checks the license of an app, online and offline. Create one client and keep it. */
export class Licet extends LicetClient {
  constructor(options: LicetOptions) {
    super(options, nodePlatform)
  }

  /** Returns the state that a license file or a lease gives on its own, without a network or store. */
  static verify(
    text: string,
    publicKeys: readonly string[],
    options: VerifyOptions = {},
  ): Promise<State> {
    return verifyText(nodePlatform, text, publicKeys, options)
  }
}

/** Returns the fingerprint of this device for one app, and where it comes from. */
export async function fingerprint(appId: string, store?: Store): Promise<Fingerprint> {
  checkAppId(appId)
  return findFingerprint(appId, nodePlatform, store ?? nodePlatform.openStore(appId))
}
