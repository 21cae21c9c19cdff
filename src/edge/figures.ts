/** Counts since the start, which metrics show. */
export interface EdgeFigures {
  /** Validations that were answered from memory, also those of `stale`. */
  confirmed: number
  /** Those of them that were answered after the lease had ended. */
  stale: number
  /** Requests of any kind that were sent to the primary. */
  forwarded: number
}

export const createFigures = (): EdgeFigures => ({ confirmed: 0, stale: 0, forwarded: 0 })
