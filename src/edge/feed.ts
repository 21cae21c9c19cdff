import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '~/domain/faults.ts'
import type { Log } from '~/platform/log.ts'
import type { PrimaryClock } from './clock.ts'
import type { Facts } from './facts.ts'
import { type FeedAnswer, parseFeedAnswer } from './feed-answer.ts'
import { type Lease, readMoment } from './lease.ts'
import { createOutageLog } from './outage-log.ts'
import { type Primary, RejectedError, UnreachableError } from './primary.ts'

const RETRY_MAX_MS = 1000
const RETRY_STEP_MS = 100
/** A revoked edge never gets its token back, except by a restored backup. */
const REJECTED_RETRY_MS = 20_000

export interface FeedParts {
  /** See `takeProcessName`. */
  readonly process: string
  readonly primary: Pick<Primary, 'poll'>
  readonly facts: Pick<Facts, 'apply' | 'clear'>
  readonly lease: Lease
  readonly clock: PrimaryClock
  readonly log: Log
  /** For how long known facts are used after the lease has ended, in ms. */
  readonly staleMs: number
  /** The same by the clock of the primary. */
  readonly staleMsMax: number
  /** Returns the time up to which all usage is delivered. */
  readonly getDeliveredUntilMs: () => number
}

/** Creates the loop that polls for changes. The first retry follows at once, the others within a second. */
export function createFeed(parts: FeedParts) {
  const { log } = parts
  const { poll, release } = createPoll(parts)
  const outages = createOutageLog(parts)
  const stopping = new AbortController()
  const { signal } = stopping
  let running: Promise<void> | null = null

  async function pollOrPause(): Promise<void> {
    try {
      await poll(signal)
      outages.recordSuccess()
    } catch (error) {
      if (signal.aborted) return
      outages.recordFailure(error)
      // Without a valid token nothing that is known may be used, and the primary should know that.
      if (error instanceof RejectedError) await release().catch(() => undefined)
      await sleep(getPauseMs(error, outages.countFailures()), undefined, { signal }).catch(
        () => undefined,
      )
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) await pollOrPause()
  }

  return {
    /** Polls once, then for good. Throws a Fault if the primary rejects the token. */
    async start(): Promise<void> {
      try {
        await poll(signal)
      } catch (error) {
        if (error instanceof RejectedError) throw new Fault('unauthorized', tokenRejected)
        outages.recordFailure(error)
      }
      running = run()
    },
    /** Stops, and lets the primary know that no facts are used any more. */
    async stop(): Promise<void> {
      stopping.abort()
      await running
      await release().catch((error) => log.warn({ err: error }, 'the lease could not be returned'))
    },
  }
}

function getPauseMs(error: unknown, failures: number): number {
  if (error instanceof RejectedError && failures > 1) return REJECTED_RETRY_MS
  return Math.min(RETRY_MAX_MS, (failures - 1) * RETRY_STEP_MS)
}

const tokenRejected =
  'The primary does not know LICET_EDGE_TOKEN, or the edge was revoked. Create one with: licet edges create NAME'

/**
 * Returns a function that polls once. A poll confirms the changes that were applied, and its response has
 * the next ones with a new lease. They are applied before the lease is extended.
 */
function createPoll({ primary, facts, lease, clock, log, ...parts }: FeedParts) {
  let position: string | null = null
  /** Whether the primary may wait for this edge: since the first lease, until it is given back. */
  let hasLease = false

  function buildQuery(): URLSearchParams {
    const { process, staleMsMax } = parts
    const query = new URLSearchParams({ process, stale_ms: String(staleMsMax) })
    if (position === null) return query
    query.set('after', position)
    query.set('usage_until_ms', String(parts.getDeliveredUntilMs()))
    return query
  }

  function forget(): void {
    position = null
    lease.drop()
    facts.clear(null)
  }

  function apply(answer: FeedAnswer): void {
    if (position === null) facts.clear(answer.position)
    else facts.apply(answer)
    position = answer.position
  }

  return {
    async poll(signal: AbortSignal): Promise<void> {
      const sentAt = readMoment()
      const { status, bytes } = await primary.poll(buildQuery(), signal)
      if (status === 410) {
        log.warn({ position }, 'the primary does not know the position, so all facts are forgotten')
        forget()
        return
      }
      if (status === 403) throw new RejectedError('The primary rejects LICET_EDGE_TOKEN.')
      if (status !== 200) {
        throw new UnreachableError(`The primary grants no lease: it responds ${status}.`)
      }
      const answer = parseFeedAnswer(bytes)
      apply(answer)
      clock.set(answer.nowMs, sentAt.elapsedMs)
      lease.extend(sentAt, answer.goodForMs)
      hasLease = true
    },
    /** Gives up all facts, so that nothing waits for this edge. */
    async release(): Promise<void> {
      const query = buildQuery()
      const mustSend = hasLease
      forget()
      hasLease = false
      query.set('empty', 'true')
      if (mustSend) await primary.poll(query)
    },
  }
}
