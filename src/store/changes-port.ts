import type { ActivationKey } from '~/domain/activations.ts'

/** The changes of all commits in their order, for caches in other processes. */
export interface Changes {
  /**
   * Returns the position up to which this server has passed all changes on to its listeners, so that its
   * caches have dropped them. Reads only memory. It means the same on every server of the database.
   */
  readPosition(): string
  /**
   * Returns the position after everything that was committed before the call, by any server. This one
   * may still have to reach it.
   */
  findLatest(): Promise<string>
  /**
   * Resolves once the position is after everything that was committed before the call, by any server, or
   * with false after `timeoutMs`: a transaction that has begun earlier is still running.
   */
  settle(timeoutMs: number): Promise<boolean>
  /**
   * Merges the changes after a position. Returns null for an unknown position, such as one from before
   * a backup was restored or that is too old: then anything may have changed. With more than `max`
   * licenses and activations together, `isAll` is true.
   */
  list(after: string, max: number): Promise<ChangeSet | null>
  /** Deletes up to `max` of the oldest changes that are older than `beforeMs`. Returns how many. */
  trim(beforeMs: number, max: number): Promise<number>
}

export interface ChangeSet {
  /** The position after these changes, which is the latest. */
  readonly position: string
  readonly licenseIds: readonly string[]
  readonly activations: readonly ActivationKey[]
  readonly touchesPlans: boolean
  /** Whether anything may have changed. The lists are then empty. */
  readonly isAll: boolean
}
