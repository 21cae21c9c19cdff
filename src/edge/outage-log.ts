import type { Log } from '~/platform/log.ts'
import type { Lease } from './lease.ts'
import { RejectedError } from './primary.ts'

interface OutageParts {
  readonly log: Log
  readonly lease: Pick<Lease, 'getAgeMs'>
  readonly staleMs: number
}

/**
 * Creates the log of the connection to the primary: one line when it is lost, which says what happens
 * now, and one when it is back. A single failure is repeated at once, so it is no outage yet.
 */
export function createOutageLog({ log, lease, staleMs }: OutageParts) {
  let failures = 0
  let sinceMs = 0

  function describe(error: unknown): string {
    if (error instanceof RejectedError) {
      return 'the primary rejects LICET_EDGE_TOKEN, so nothing is answered: replace the token if the edge was revoked'
    }
    const ageMs = lease.getAgeMs()
    if (ageMs === null || staleMs === 0) {
      return 'the primary cannot be reached, so requests get 503 until it is back'
    }
    const until = new Date(Date.now() - ageMs + staleMs).toISOString()
    return `the primary cannot be reached: known licenses stay valid until ${until}`
  }

  return {
    recordFailure(error: unknown): void {
      failures += 1
      if (failures === 1) sinceMs = performance.now()
      const reason = error instanceof Error ? error.message : String(error)
      const isRejected = error instanceof RejectedError
      if (isRejected && failures === 1) log.error({ reason }, describe(error))
      else if (failures === 2 && !isRejected) log.warn({ reason }, describe(error))
      else log.debug({ reason, failures }, 'the primary cannot be polled')
    },
    recordSuccess(): void {
      if (failures > 1) {
        const seconds = Math.round((performance.now() - sinceMs) / 1000)
        log.info({ seconds }, 'the primary is back')
      }
      failures = 0
    },
    countFailures: () => failures,
  }
}
