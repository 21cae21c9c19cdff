import type { VerifySignature } from './ed25519.ts'
import type { Store } from './store.ts'

/** The difference between Node and browsers. Everything else is shared. */
export interface Platform {
  /** Such as `node`; part of the User-Agent. */
  readonly name: string
  /** Whether a validation names the device unless the app says otherwise. */
  readonly identifiesDevices: boolean
  readonly verifySignature: VerifySignature
  openStore(appId: string): Store
  /** Returns the operating system's ID of this machine; null if there is none, or in a container. */
  findMachineId(): Promise<string | null>
  readVariable(name: string): string | undefined
}
