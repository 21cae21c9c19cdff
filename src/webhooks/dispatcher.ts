import type { Deps } from '~/deps.ts'
import { CLAIM_MS } from '~/domain/deliveries.ts'
import { type Attempts, createAttempts } from '~/platform/attempts.ts'
import type { ClaimedDelivery } from '~/store/outbox-port.ts'
import { attemptDelivery } from './attempt.ts'

/** Bun sends at most 256 requests at once; any more would wait while their timeout runs. */
const ATTEMPTS_MAX = 240
const ATTEMPTS_PER_ENDPOINT_MAX = 8
/** Room that failing endpoints can never take from the healthy ones. */
const HEALTHY_ROOM = ATTEMPTS_MAX / 2
export type Dispatcher = ReturnType<typeof createDispatcher>

/**
 * Creates a dispatcher, which claims due deliveries and attempts them: many at once, but only a few
 * per endpoint. `onRoom` is called after each attempt, when the next one may start.
 */
export function createDispatcher(deps: Deps, onRoom: () => void) {
  const attempts = createAttempts(onRoom)
  return {
    /** Starts an attempt for each due delivery that there is room for. Returns how many. */
    startDue: async () => {
      const claimed = await claimDue(deps, attempts)
      for (const delivery of claimed) startAttempt(deps, attempts, delivery)
      return claimed.length
    },
    waitForOne: attempts.waitForOne,
    /** Waits up to `graceMs` for running attempts, then aborts them and releases their deliveries. */
    stop: async (graceMs: number) => {
      await attempts.stop(graceMs)
      await deps.store.outbox.release(deps.instanceId)
    },
  }
}

async function claimDue(
  { store, clock, instanceId }: Deps,
  attempts: Attempts,
): Promise<readonly ClaimedDelivery[]> {
  const room = ATTEMPTS_MAX - attempts.count()
  if (room <= 0) return []
  const nowMs = clock.nowMs()
  return store.outbox.claim({
    instanceId,
    nowMs,
    claimedUntilMs: nowMs + CLAIM_MS,
    totalMax: room,
    perEndpointMax: ATTEMPTS_PER_ENDPOINT_MAX,
    failingMax: Math.max(0, room - HEALTHY_ROOM),
  })
}

function startAttempt(deps: Deps, attempts: Attempts, claimed: ClaimedDelivery): void {
  attempts.start((signal) =>
    attemptDelivery(deps, claimed, signal).catch((error) => {
      // The delivery stays claimed, so it is attempted again when the claim expires.
      deps.metrics.failures.inc()
      deps.log.error({ err: error, delivery_id: claimed.delivery.id }, 'delivery attempt failed')
    }),
  )
}
