import type { Generation, HashStep, KeptUse } from './generation.ts'
import type { Rotation, SecretState } from './secret-state.ts'

/** The keys that outlive a master secret. They are stored encrypted with the current one. */
export interface Kept {
  readonly uses: Readonly<Record<KeptUse, string>>
  /**
   * How license keys are hashed whose text is not known here, such as those that were replaced: with
   * the key of each former secret, and then once for each later secret.
   */
  readonly steps: readonly (readonly HashStep[])[]
}

/** Decrypts the kept keys. The first master secret has them itself. */
export function openKept(generation: Generation, sealed: string | null): Kept {
  if (sealed !== null) return JSON.parse(generation.open('kept-keys', sealed))
  return { uses: generation.deriveKept(), steps: [] }
}

/** Encrypts what is kept after a change of the master secret. */
export function sealKept({ uses, steps }: Kept, former: Generation, next: Generation): string {
  const longer = [[former.keyStep], ...steps].map((way) => [...way, next.wrapStep])
  return next.seal('kept-keys', JSON.stringify({ uses, steps: longer }))
}

/** Encrypts the kept keys without steps, which no stored hash needs. */
export function dropSteps(next: Generation, sealed: string): string {
  return next.seal('kept-keys', JSON.stringify({ ...openKept(next, sealed), steps: [] }))
}

/** Returns the beginning of a change of the master secret. */
export function planRotation(
  { kept }: Pick<SecretState, 'kept'>,
  former: Generation,
  next: Generation,
  given: Pick<Rotation, 'id' | 'startedAtMs'> & { readonly isShared: boolean },
): Rotation {
  const encode = ({ masterSecret }: Generation) => Buffer.from(masterSecret).toString('base64')
  return {
    id: given.id,
    startedAtMs: given.startedAtMs,
    nextCheck: next.check,
    nextSealed: given.isShared ? former.seal('master-secret', encode(next)) : null,
    formerSealed: next.seal('master-secret', encode(former)),
    keptSealed: sealKept(openKept(former, kept), former, next),
    stage: 'announced',
    keepsSteps: false,
  }
}
