import type { Decision } from '~/domain/decisions.ts'
import type { ImportState } from '~/domain/imports.ts'
import type { KeyHashing } from '~/domain/key-hashes.ts'
import type { License } from '~/domain/licenses.ts'
import type { CommandContext } from './port.ts'

/** The names by which a record is found in the database. */
export interface ImportTarget {
  readonly externalRef: string
  readonly keyHash: string | null
  readonly planSlug: string | null
  /** The values and external IDs of activations to look for. */
  readonly activationNames: readonly string[]
}

/** Licenses that come from other products, and the hashes of keys that are not known yet. */
export interface Imports {
  /** Reads what is known about records, in their order. */
  read(targets: readonly ImportTarget[], nowMs: number): Promise<readonly ImportState[]>
  /** Decides about records in one transaction, which no other import overlaps. */
  apply<Result>(
    targets: readonly ImportTarget[],
    context: CommandContext<Result>,
    decide: (states: readonly ImportState[]) => Decision<Result>,
  ): Promise<Result>
  /** Adds a way in which keys were hashed, unless it is there already. */
  addHashing(hashing: KeyHashing): Promise<void>
  /** Lists all ways in which keys were hashed that are not known yet. */
  listHashings(): Promise<readonly KeyHashing[]>
  /** Finds the license whose key has one of these hashes. */
  findPending(keyHashes: readonly string[]): Promise<Pick<License, 'id' | 'keyHash'> | null>
}
