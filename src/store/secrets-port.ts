import type { RecordedAction } from './audit-port.ts'
import type { CommandContext } from './port.ts'

/** The rows of `meta` about the master secret, by name. */
export type SecretRows = ReadonlyMap<string, string>

/** Where texts are stored that follow from the master secret. */
export type SealedPlace =
  | 'licenses'
  | 'former_keys'
  | 'endpoints'
  | 'former_endpoint_secrets'
  | 'checkout_bodies'
  | 'checkout_facts'
  | 'checkout_units'
  | 'signing_keys'
  | 'stored_responses'
  | 'key_hashings'

export interface SealedRow {
  /** The key of the row. */
  readonly id: string
  /** The hash that it is found by; null if it has none. */
  readonly hash: string | null
  /** The encrypted value, or a text that contains one; null if the row has only a hash. */
  readonly sealed: string | null
}

/** An entry for the audit, with its origin. */
export interface SecretAudit {
  readonly action: RecordedAction
  readonly context: Pick<CommandContext<never>, 'actor' | 'requestId' | 'nowMs'>
}

/** A transaction of whatever program that has written something, or is about to. */
export interface OpenTransaction {
  /** The process on the database server; null for one that is prepared, which has no process. */
  readonly pid: number | null
  readonly seconds: number
  readonly database: string
  readonly user: string
  /** The name of the program, or of the prepared transaction. */
  readonly name: string
  readonly state: string
}

/** Changes everything that follows from the master secret. */
export interface Secrets {
  read(): Promise<SecretRows>
  /** Writes these rows of `meta` in one transaction, with the entry, and deletes those without a value. */
  write(rows: Readonly<Record<string, string | null>>, audit?: SecretAudit): Promise<void>
  /** Writes one of them with the entry, unless there is one of this name. Returns whether it did. */
  begin(name: string, value: string, audit: SecretAudit): Promise<boolean>
  /** Returns two numbers of transactions: all below `ended` have ended, and those from `next` on begin later. */
  readTransactions(): Promise<{ readonly ended: bigint; readonly next: bigint }>
  /** Finds the transaction that has been open for the longest time; null if none can be seen. */
  findOldestTransaction(): Promise<OpenTransaction | null>
  /** Lists the next `max` rows of a place in the order of their IDs; from the first if `after` is null. */
  list(place: SealedPlace, after: string | null, max: number): Promise<readonly SealedRow[]>
  /** Replaces rows, unless they have changed since they were read. */
  replace(place: SealedPlace, changes: readonly SealedChange[]): Promise<void>
  hasFormerKeys(): Promise<boolean>
  /** Lists the servers that are alive, if several can use the database. */
  listServers(silentMs: number): Promise<readonly string[]>
}

export interface SealedChange {
  readonly was: SealedRow
  readonly now: SealedRow
}
