export interface PageRequest {
  readonly limit: number
  /** Where the previous page ended; null for the first page. */
  readonly after: string | null
}

export interface Page<Item> {
  readonly data: readonly Item[]
  readonly nextAfter: string | null
}
