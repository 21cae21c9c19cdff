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

/** Changes everything that follows from the master secret. */
export interface Secrets {
  read(): Promise<SecretRows>
  /** Writes these rows of `meta` in one transaction, and deletes those without a value. */
  write(rows: Readonly<Record<string, string | null>>): Promise<void>
  /** Writes one of them unless there is one of this name. Returns whether it did. */
  begin(name: string, value: string): Promise<boolean>
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
