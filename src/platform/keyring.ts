import { deriveGeneration, type Generation, type HashStep, type Purpose } from './generation.ts'
import { type Kept, openKept } from './kept-keys.ts'
import type { Conversion, Rotation, SecretState } from './secret-state.ts'

/** The keys that are in use. */
export interface KeysInUse {
  /** The keys with which everything new is hashed and encrypted. */
  readonly current: Generation
  readonly kept: Kept
  /** How a license key may have been hashed besides. */
  readonly otherWays: readonly (readonly HashStep[])[]
  /** Null unless the master secret is being replaced. */
  readonly conversion: Conversion | null
}

/** The secrets that this process has learned, and their keys. */
export function createKeyring(masterSecret: Uint8Array) {
  const own = deriveGeneration(masterSecret, true)
  /** By their check values. */
  const secrets = new Map([[own.check, masterSecret]])
  /** By prefix, for good: a value that was read a moment ago may be that of the former secret. */
  const generations = new Map<string, Generation>([['', own]])

  /** Lets what was encrypted with it be opened at once, although it is not in use yet. */
  function learn(secret: Uint8Array): void {
    const generation = deriveGeneration(secret, false)
    secrets.set(generation.check, secret)
    generations.getOrInsert(generation.prefix, generation)
  }

  function derive(check: string, isFirst: boolean): Generation | null {
    const secret = secrets.get(check)
    if (secret === undefined) return null
    const generation = deriveGeneration(secret, isFirst)
    generations.set(generation.prefix, generation)
    return generation
  }

  function learnBoth({ check, kept }: SecretState, rotation: Rotation): Conversion | null {
    const { nextCheck, nextSealed, formerSealed } = rotation
    const open = (by: Generation, sealed: string) =>
      learn(Buffer.from(by.open('master-secret', sealed), 'base64'))
    const known = derive(nextCheck, false)
    if (known !== null && !secrets.has(check)) open(known, formerSealed)
    const former = derive(check, kept === null)
    if (former === null) return null
    if (known === null && nextSealed !== null) open(former, nextSealed)
    const next = known ?? derive(nextCheck, false)
    return next && { rotation, former, next }
  }

  return {
    own,
    learn,
    /** Returns the keys of a database; null if they follow from a secret that was not learned. */
    openKeys(state: SecretState): KeysInUse | null {
      const { check, kept, rotation } = state
      if (rotation !== null) {
        const conversion = learnBoth(state, rotation)
        return conversion && combine(conversion, kept)
      }
      const current = derive(check, kept === null)
      if (current === null) return null
      const opened = openKept(current, kept)
      return { current, kept: opened, otherWays: opened.steps, conversion: null }
    },
    /** Decrypts. Throws if the value was altered, or sealed with another secret or purpose. */
    open(purpose: Purpose, sealed: string): string {
      const generation = generations.get(sealed.slice(0, sealed.indexOf('.') + 1))
      if (generation === undefined) throw new Error('This was sealed with another master secret.')
      return generation.open(purpose, sealed)
    },
  }
}

function combine(conversion: Conversion, keptSealed: string | null): KeysInUse {
  const { rotation, former, next } = conversion
  const current = rotation.stage === 'announced' ? former : next
  const kept = openKept(former, keptSealed)
  const { steps } = openKept(next, rotation.keptSealed)
  // The current way comes last as well, since a license may be converted between two look-ups.
  const last = [current.keyStep]
  const otherWays = [[former.keyStep], ...kept.steps, [next.keyStep], ...steps, last]
  return { current, kept, otherWays, conversion }
}
