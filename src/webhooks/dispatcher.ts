import type { Deps } from '~/deps.ts'
import { SECOND_MS } from '~/domain/times.ts'
import type { ClaimedDelivery } from '~/store/port.ts'
import { attemptDelivery } from './attempt.ts'

/** Bun sends 256 requests at once and lets the rest wait while their time runs: stay below. */
const UNDER_WAY_MAX = 240
const UNDER_WAY_PER_ENDPOINT_MAX = 8
/** However many endpoints fail, and hang, they leave so much to the others. */
const ROOM_KEPT = UNDER_WAY_MAX / 2
/** Longer than a try may take, so that nobody repeats one that is still under way. */
const CLAIM_MS = 60 * SECOND_MS

/** Takes deliveries from the outbox and tries them, many at once but few per endpoint. */
export interface Dispatcher {
  /** Claims what is due and has room, and begins to try it. Answers how many. */
  begin(): Promise<number>
  /** Resolves when one of those under way has ended. Answers false at once if there is none. */
  untilOneEnds(): Promise<boolean>
  /** Lets what is under way end for so long, then breaks it off, uncounted, and gives it back. */
  stop(graceMs: number): Promise<void>
}

/** `onRoom` is called when a try has ended, so that the next may begin. */
export function createDispatcher(deps: Deps, onRoom: () => void): Dispatcher {
  const { store, clock, instanceId, log, metrics } = deps
  const underWay = new Map<string, number>()
  const tries = new Set<Promise<void>>()
  const stopping = new AbortController()

  async function begin(): Promise<number> {
    const room = UNDER_WAY_MAX - tries.size
    if (room <= 0) return 0
    const nowMs = clock.nowMs()
    const claimed = await store.deliveries.claim({
      instanceId,
      nowMs,
      claimedUntilMs: nowMs + CLAIM_MS,
      totalMax: room,
      perEndpointMax: UNDER_WAY_PER_ENDPOINT_MAX,
      failingMax: Math.max(0, room - ROOM_KEPT),
      underWay,
    })
    for (const delivery of claimed) track(delivery)
    return claimed.length
  }

  function track(claimed: ClaimedDelivery): void {
    const endpointId = claimed.endpoint.id
    count(endpointId, 1)
    const attempt = attemptDelivery(deps, claimed, stopping.signal)
      .catch((error) => {
        // It stays claimed, so it is tried again when the claim has run out.
        metrics.failures.inc()
        log.error({ err: error, delivery_id: claimed.delivery.id }, 'delivery failed to end')
      })
      .finally(() => {
        tries.delete(attempt)
        count(endpointId, -1)
        onRoom()
      })
    tries.add(attempt)
  }

  function count(endpointId: string, step: 1 | -1): void {
    const total = (underWay.get(endpointId) ?? 0) + step
    if (total === 0) underWay.delete(endpointId)
    else underWay.set(endpointId, total)
  }

  async function untilOneEnds(): Promise<boolean> {
    if (tries.size === 0) return false
    await Promise.race(tries)
    return true
  }

  async function stop(graceMs: number): Promise<void> {
    const grace = setTimeout(() => stopping.abort(), graceMs)
    await Promise.all(tries)
    clearTimeout(grace)
    await store.deliveries.release(instanceId, 'own')
  }

  return { begin, untilOneEnds, stop }
}
