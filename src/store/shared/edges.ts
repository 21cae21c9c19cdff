import { createClockMap, type Used } from '~/clock-map.ts'
import type { Edge } from '~/domain/edges.ts'
import { HOUR_MS, isRunning } from '~/domain/times.ts'
import type { EdgePoll, Edges } from '../edges-port.ts'

/** Less than a minute, so that a poll every second writes within a minute. */
const POLL_INTERVAL_MS = 59_000
/** Exact enough to find out what is idle for days, as for validations of this server. */
export const SEEN_INTERVAL_MS = HOUR_MS
const EDGES_KNOWN_MAX = 1000

/** Remembers what it has written, to write again only after a minute or a change. */
export function createPollRecorder(
  write: (id: string, poll: EdgePoll) => Promise<unknown>,
): Edges['recordPoll'] {
  const written = createClockMap<string, Used & EdgePoll>(EDGES_KNOWN_MAX)
  return async (id, { atMs, staleMs }) => {
    const last = written.get(id)
    if (last?.staleMs === staleMs && isRunning(last.atMs, POLL_INTERVAL_MS, atMs)) return
    await write(id, { atMs, staleMs })
    written.set(id, { atMs, staleMs, isUsed: false })
  }
}

/** Returns the action of a change, as the audit records it. */
export function nameEdgeAction(former: Edge | null, edge: Edge | null): string {
  if (former === null) return 'edge.create'
  return edge === null ? 'edge.revoke' : 'edge.update'
}
