export interface PageRequest {
  readonly limit: number
  /** The position after which this page begins; null for the first. */
  readonly after: string | null
}

export interface Page<Item> {
  readonly data: readonly Item[]
  readonly nextAfter: string | null
}
