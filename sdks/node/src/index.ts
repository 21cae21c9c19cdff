// The entry point for Node, Bun, Deno and Electron.
import { LicetClient } from './client.ts'
import { checkAppId } from './context.ts'
import { type Fingerprint, findFingerprint } from './fingerprints.ts'
import { nodePlatform } from './node/platform.ts'
import type { LicetOptions } from './options.ts'
import type { State } from './state.ts'
import type { Store } from './store.ts'
import { type VerifyOptions, verifyText } from './verify-text.ts'

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

export type { Activation } from './activations.ts'
export type { CheckRequest } from './checks.ts'
export type { Features } from './claims.ts'
export type { Seats } from './client.ts'
export { type FieldError, LicetProblem, NoAnswer, type NoAnswerReason } from './errors.ts'
export type { OfflineRequestCode } from './files.ts'
export type { Fingerprint, FingerprintKind } from './fingerprints.ts'
export type { Transport } from './http.ts'
export { type KeyCheck, Keys } from './keys.ts'
export type { LicetOptions, Target } from './options.ts'
export type { SeatHold } from './seat-hold.ts'
export type { Seat } from './seats.ts'
export type { License, State } from './state.ts'
export type { Store } from './store.ts'
export { TokenError, type TokenFault } from './tokens.ts'
export type { Validation } from './validations.ts'
export type { VerifyOptions } from './verify-text.ts'
export { WebhookError, type WebhookEvent, type WebhookFault, Webhooks } from './webhooks.ts'
