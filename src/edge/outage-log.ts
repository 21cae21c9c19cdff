import { reasonOf } from '~/domain/faults.ts'
import type { Log } from '~/platform/log.ts'
import type { Lease } from './lease.ts'
import { RejectedError } from './primary.ts'

interface OutageParts {
  readonly log: Log
  readonly lease: Pick<Lease, 'getAgeMs'>
  readonly staleMs: number
}

const rejected =
  'the primary rejects LICET_EDGE_TOKEN, so requests get 503: replace the token, or stop this edge if it was revoked'
const unanswered = 'the primary cannot be reached, so requests get 503 until it is back'
const answered = 'the primary cannot be reached: known licenses stay valid until'

/**
 * Creates the log of the connection to the primary: one line when it is lost, which says what happens
 * now, one when that changes, and one when it is back. A single failure is repeated at once, so it is no
 * outage yet.
 */
export function createOutageLog({ log, lease, staleMs }: OutageParts) {
  let failures = 0
  let sinceMs = 0
  let lastMessage = ''

  function describe(error: unknown): string {
    if (error instanceof RejectedError) return rejected
    const ageMs = lease.getAgeMs()
    if (ageMs === null || ageMs >= staleMs) return unanswered
    const until = new Date(Date.now() - ageMs + staleMs).toISOString()
    // The time is estimated anew at each failure.
    return lastMessage.startsWith(answered) ? lastMessage : `${answered} ${until}`
  }

  return {
    recordFailure(error: unknown): void {
      failures += 1
      if (failures === 1) sinceMs = performance.now()
      const reason = reasonOf(error)
      const message = failures === 1 && !(error instanceof RejectedError) ? '' : describe(error)
      if (message === lastMessage) log.debug({ reason, failures }, 'the primary cannot be polled')
      else log[message === rejected ? 'error' : 'warn']({ reason }, message)
      lastMessage = message
    },
    recordSuccess(): void {
      if (failures > 1) {
        const seconds = Math.round((performance.now() - sinceMs) / 1000)
        log.info({ seconds }, 'the primary is back')
      }
      failures = 0
      lastMessage = ''
    },
    countFailures: () => failures,
  }
}
