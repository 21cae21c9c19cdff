import { isRunning } from './times.ts'

/** Secret scanners recognize tokens by it. */
export const EDGE_TOKEN_PREFIX = 'licet_edge_'

/** A validator near the users, which confirms what it knows and leaves everything else to the primary. */
export interface Edge {
  readonly id: string
  readonly name: string
  readonly createdAtMs: number
  /** When it last asked for changes; null if it never did, so it knows nothing. */
  readonly lastPolledAtMs: number | null
  /** For how long it answers from what it knows after its lease has ended. */
  readonly staleMs: number
  /** The time up to which all its validations have arrived; null if it has never asked for changes. */
  readonly usageUntilMs: number | null
  /** A revoked edge may answer from what it knows until its lease has ended, and `staleMs` longer. */
  readonly revokedAtMs: number | null
}

/** Builds an edge that has never asked for changes. */
export function buildEdge(given: Pick<Edge, 'id' | 'name' | 'createdAtMs'>): Edge {
  return { ...given, lastPolledAtMs: null, staleMs: 0, usageUntilMs: null, revokedAtMs: null }
}

/** The time of a poll is stored once a minute. */
const POLL_STORED_MS = 65_000

export type EdgeState = 'connected' | 'away' | 'revoked' | 'never seen'

/** Returns the state of an edge as its stored times show it, which are exact to a minute. */
export function getEdgeState(
  { lastPolledAtMs, revokedAtMs }: Pick<Edge, 'lastPolledAtMs' | 'revokedAtMs'>,
  nowMs: number,
): EdgeState {
  if (revokedAtMs !== null) return 'revoked'
  if (lastPolledAtMs === null) return 'never seen'
  return isRunning(lastPolledAtMs, POLL_STORED_MS, nowMs) ? 'connected' : 'away'
}
