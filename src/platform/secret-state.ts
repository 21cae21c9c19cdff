import type { Generation } from './generation.ts'

/** The secrets of a database: its current one, and while this is replaced also the next one. */
export interface SecretState {
  /** The check value of the current master secret. */
  readonly check: string
  /** The keys that outlive a master secret, encrypted with the current one; null for the first secret. */
  readonly kept: string | null
  readonly rotation: Rotation | null
}

/** A change of the master secret that is under way. */
export interface Rotation {
  readonly id: string
  readonly startedAtMs: number
  readonly nextCheck: string
  /** The next secret, encrypted with the current one; null if servers do not learn it from the database. */
  readonly nextSealed: string | null
  /** The current secret and the kept keys, encrypted with the next one. */
  readonly formerSealed: string
  readonly keptSealed: string
  /** All servers first learn both secrets, and then use the next one. */
  readonly stage: 'announced' | 'converting'
  /** Whether there are hashes of keys whose text is not known. */
  readonly keepsSteps: boolean
}

/** A rotation, with the keys of both secrets. */
export interface Conversion {
  readonly rotation: Rotation
  readonly former: Generation
  readonly next: Generation
}
