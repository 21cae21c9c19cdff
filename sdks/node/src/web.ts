// The entry point for browsers and Workers.
import { LicetClient } from './client.ts'
import { checkAppId } from './context.ts'
import { type Fingerprint, findFingerprint } from './fingerprints.ts'
import type { LicetOptions } from './options.ts'
import type { State } from './state.ts'
import type { Store } from './store.ts'
import { type VerifyOptions, verifyText } from './verify-text.ts'
import { webPlatform } from './web/platform.ts'

export * from './api.ts'

/** Checks the license of an app, online and offline. Create one client and keep it. */
export class Licet extends LicetClient {
  constructor(options: LicetOptions) {
    super(options, webPlatform)
  }

  /** Returns the state that a license file or a lease gives on its own, without a network or store. */
  static verify(
    text: string,
    publicKeys: readonly string[],
    options: VerifyOptions = {},
  ): Promise<State> {
    return verifyText(webPlatform, text, publicKeys, options)
  }
}

/** Returns a random fingerprint, which stays the same as long as the store keeps it. */
export async function fingerprint(appId: string, store?: Store): Promise<Fingerprint> {
  checkAppId(appId)
  return findFingerprint(appId, webPlatform, store ?? webPlatform.openStore(appId))
}
