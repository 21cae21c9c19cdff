import type { Edge } from '~/domain/edges.ts'
import { HOUR_MS } from '~/domain/times.ts'

/** Less than a minute, so that a poll every second writes within a minute. */
export const POLL_INTERVAL_MS = 59_000
/** Exact enough to find out what is idle for days, as for validations of this server. */
export const SEEN_INTERVAL_MS = HOUR_MS

/** Returns the action of a change, as the audit records it. */
export function nameEdgeAction(former: Edge | null, edge: Edge | null): string {
  if (former === null) return 'edge.create'
  return edge === null ? 'edge.revoke' : 'edge.update'
}
