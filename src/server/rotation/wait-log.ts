import type { Log } from '~/platform/log.ts'

/** Most waits end sooner, and need no entry. */
const FIRST_MS = 3000
const NEXT_MS = 60_000

/** Logs a wait, unless it has just done so. `describe` is only called for an entry. */
export type WaitLog = (
  message: string,
  describe: () => Promise<Readonly<Record<string, unknown>>>,
) => Promise<void>

/** Creates a log of a wait that begins now: an entry after three seconds, and then one every minute. */
export function createWaitLog(log: Log): WaitLog {
  let dueAtMs = performance.now() + FIRST_MS
  return async (message, describe) => {
    if (performance.now() < dueAtMs) return
    dueAtMs = performance.now() + NEXT_MS
    log.warn(await describe(), message)
  }
}
