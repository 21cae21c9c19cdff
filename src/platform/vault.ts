import {
  createHash,
  deriveGeneration,
  type Generation,
  type HashStep,
  type KeptUse,
  keptUses,
  type Purpose,
} from './generation.ts'
import { type Kept, openKept } from './kept-keys.ts'

const FILE_SECRET_BYTES = 16
const noHashes: readonly string[] = []

export type { Purpose } from './generation.ts'
export type Vault = ReturnType<typeof createVault>

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
  /** Everyone who uses the database first learns both secrets, then uses the next one. */
  readonly stage: 'announced' | 'converting'
  /** Whether there are hashes of keys whose text is not known. */
  readonly keepsSteps: boolean
}

/** The reading and writing sides of a change of the master secret. */
export interface Conversion {
  readonly rotation: Rotation
  readonly former: Generation
  readonly next: Generation
}

/**
 * Hashes and encrypts with keys that are derived from the master secret. `adopt` is called with what the
 * database says about its secrets, and may change which keys are used.
 */
export function createVault(masterSecret: Uint8Array) {
  const own = deriveGeneration(masterSecret, true)
  /** All secrets that this process has learned, by their check values. */
  const secrets = new Map([[own.check, masterSecret]])
  /** By prefix. Values that were read a moment ago may still be those of the former secret. */
  const generations = new Map<string, Generation>([['', own]])
  let current = own
  let conversion: Conversion | null = null
  let listOthers: ((text: string) => readonly string[]) | null = null
  const hashes = openHashes(own, null)

  function learn(secret: Uint8Array): void {
    secrets.set(deriveGeneration(secret, true).check, secret)
  }

  function derive(check: string, isFirst: boolean): Generation | null {
    const secret = secrets.get(check)
    if (secret === undefined) return null
    const generation = deriveGeneration(secret, isFirst)
    generations.set(generation.prefix, generation)
    return generation
  }

  /** Returns both secrets of a rotation; null if one of them is not known. */
  function learnBoth({ check, kept }: SecretState, rotation: Rotation): Conversion | null {
    const next = () => derive(rotation.nextCheck, false)
    if (!secrets.has(check)) {
      const opened = next()?.open('master-secret', rotation.formerSealed)
      if (opened !== undefined) learn(Buffer.from(opened, 'base64'))
    }
    const former = derive(check, kept === null)
    if (former === null) return null
    if (!secrets.has(rotation.nextCheck) && rotation.nextSealed !== null) {
      learn(Buffer.from(former.open('master-secret', rotation.nextSealed), 'base64'))
    }
    const known = next()
    return known && { rotation, former, next: known }
  }

  function adoptRotation(state: SecretState, rotation: Rotation): boolean {
    const both = learnBoth(state, rotation)
    if (both === null) return false
    const { former, next } = both
    const kept = openKept(former, state.kept)
    current = rotation.stage === 'announced' ? former : next
    conversion = both
    const nextKept = openKept(next, rotation.keptSealed)
    // The current hash comes last as well, since a license may be converted between two look-ups.
    const steps = [[former.keyStep], ...kept.steps, [next.keyStep], ...nextKept.steps]
    listOthers = createListHashes([...steps, [current.keyStep]])
    vault.hashKey = current.hashKey
    Object.assign(hashes, openHashes(current, kept))
    return true
  }

  const vault = {
    /** Returns the HMAC-SHA-256 that a license key is looked up by. */
    hashKey: own.hashKey as (text: string) => string,
    /** Returns the hashes under which a key may be found that is not found under its usual one. */
    listOtherHashes: (text: string) => (listOthers === null ? noHashes : listOthers(text)),
    /** Returns all hashes under which a license may be stored. */
    listHashes: (text: string) => [vault.hashKey(text), ...vault.listOtherHashes(text)],
    hashToken: (text: string) => hashes['hash/token'](text),
    hashRequest: (text: string) => hashes['hash/request'](text),
    hashSession: (text: string) => hashes['hash/session'](text),
    hashSignIn: (text: string) => hashes['hash/sign-in'](text),
    hashSetupLink: (text: string) => hashes['hash/setup-link'](text),
    hashPortal: (text: string) => hashes['hash/portal'](text),
    hashReturnCode: (text: string) => hashes['hash/return-code'](text),
    /** Returns the secret in a license file, 16 bytes, which its return code proves. */
    deriveFileSecret: (fileId: string) =>
      Buffer.from(hashes['hash/file-secret'](fileId), 'base64url').subarray(0, FILE_SECRET_BYTES),
    seal: (purpose: Purpose, text: string) => current.seal(purpose, text),
    /** Decrypts. Throws if the value was altered, or sealed with another secret or purpose. */
    open(purpose: Purpose, sealed: string): string {
      const prefix = sealed.slice(0, sealed.indexOf('.') + 1)
      const generation = generations.get(prefix)
      if (generation === undefined) throw new Error('This was sealed with another master secret.')
      return generation.open(purpose, sealed)
    },
    /** Identifies the configured master secret without revealing it. */
    check: own.check,
    /** Returns the check value of the secret that is used at the moment. */
    getCheck: () => current.check,
    /** Returns the change of the secret that is under way; null if none is. */
    getConversion: () => conversion,
    learn,
    /** Uses the keys of a database. Returns false if they follow from a secret that is not known here. */
    adopt(state: SecretState): boolean {
      const { check, kept, rotation } = state
      if (rotation !== null) return adoptRotation(state, rotation)
      const generation = derive(check, kept === null)
      if (generation === null) return false
      const opened = openKept(generation, kept)
      current = generation
      conversion = null
      listOthers = opened.steps.length === 0 ? null : createListHashes(opened.steps)
      vault.hashKey = current.hashKey
      Object.assign(hashes, openHashes(current, opened))
      return true
    },
  }
  return vault
}

type Hashes = Record<KeptUse, (text: string) => string>

function openHashes(generation: Generation, kept: Kept | null): Hashes {
  const entries = keptUses.map((use) => {
    const key = kept?.uses[use] ?? generation.deriveKept(use)
    return [use, createHash({ prefix: '', key })]
  })
  return Object.fromEntries(entries)
}

/** Returns a function that lists the hashes of a text, each by several steps. */
function createListHashes(ways: readonly (readonly HashStep[])[]) {
  const hashes = ways.map((steps) => steps.map(createHash))
  return (text: string): readonly string[] =>
    hashes.map((steps) => steps.reduce((hash, step) => step(hash), text))
}
