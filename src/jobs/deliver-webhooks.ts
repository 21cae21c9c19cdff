import type { Deps } from '~/deps.ts'
import { decideTry } from '~/domain/deliveries.ts'
import { signatureHeader, signingSecrets } from '~/domain/endpoints.ts'
import { SECOND_MS, toTimestamp } from '~/domain/times.ts'
import type { ClaimedDelivery, EventRecord } from '~/store/port.ts'
import { type Job, jobContext } from './job.ts'

/** Below what the connections of one process carry, and shared so that none can take them all. */
const UNDER_WAY_MAX = 200
const UNDER_WAY_PER_ENDPOINT_MAX = 8
/** Longer than a try may take, so that nobody repeats one that is still under way. */
const CLAIM_MS = 60 * SECOND_MS

const SHUTDOWN_GRACE_MS = 3000

const NAME = 'deliver-webhooks'

/** Posts what the outbox holds. */
export interface Deliverer {
  /** Claims what is due and has room, and begins to post it. Answers how many. */
  begin(): Promise<number>
  /** Resolves when nothing is under way. */
  settle(): Promise<void>
  /** Lets what is under way end for a moment, then breaks it off, uncounted, and gives it back. */
  stop(): Promise<void>
}

/** `onRoom` is called when a try has ended, so that the next may begin. */
export function createDeliverer(deps: Deps, onRoom: () => void): Deliverer {
  const { store, clock, instanceId } = deps
  const underWay = new Map<string, number>()
  const tries = new Set<Promise<void>>()
  const stopping = new AbortController()
  let isStopped = false

  async function begin(): Promise<number> {
    if (isStopped || tries.size >= UNDER_WAY_MAX) return 0
    const nowMs = clock.nowMs()
    const claimed = await store.claimDeliveries({
      instanceId,
      nowMs,
      claimedUntilMs: nowMs + CLAIM_MS,
      totalMax: UNDER_WAY_MAX - tries.size,
      perEndpointMax: UNDER_WAY_PER_ENDPOINT_MAX,
      underWay,
    })
    for (const delivery of claimed) track(delivery)
    return claimed.length
  }

  function track(claimed: ClaimedDelivery): void {
    const endpointId = claimed.endpoint.id
    count(endpointId, 1)
    const attempt = tryOnce(deps, claimed, stopping.signal)
      .catch((error) => {
        deps.metrics.jobFailures.inc({ job: NAME })
        deps.log.error({ err: error, delivery_id: claimed.delivery.id }, 'delivery failed to end')
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

  async function settle(): Promise<void> {
    while (tries.size > 0) await Promise.all(tries)
  }

  async function stop(): Promise<void> {
    isStopped = true
    const grace = setTimeout(() => stopping.abort(), SHUTDOWN_GRACE_MS)
    await settle()
    clearTimeout(grace)
    await store.releaseDeliveries(instanceId, 'own')
  }

  return { begin, settle, stop }
}

/** By hand: everything that is due, and what becomes due meanwhile. */
export const deliverWebhooks: Job = {
  name: NAME,
  pattern: '* * * * * *',
  description: 'Posts webhook deliveries that are due.',
  async run(deps) {
    const deliverer = createDeliverer(deps, () => undefined)
    let begun = 0
    for (;;) {
      const count = await deliverer.begin()
      await deliverer.settle()
      if (count === 0) return begun
      begun += count
    }
  },
}

async function tryOnce(
  deps: Deps,
  { delivery, endpoint, event }: ClaimedDelivery,
  signal: AbortSignal,
): Promise<void> {
  const { store, vault, clock, post, random, metrics } = deps
  const atMs = clock.nowMs()
  const body = bodyOf(event)
  const timestampSeconds = Math.floor(atMs / SECOND_MS)
  const secrets = signingSecrets(endpoint, atMs).map((sealed) =>
    vault.open('webhook-secret', sealed),
  )
  const result = await post({
    url: endpoint.url,
    body,
    signal,
    headers: {
      'content-type': 'application/json',
      'user-agent': `Licet/${deps.version}`,
      'webhook-id': event.id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signatureHeader(secrets, event.id, timestampSeconds, body),
    },
  })
  // Cut off by our own shutdown, so it is no try at all.
  if (result.error === 'aborted') return
  const { status, error, responseBody, durationMs, retryAfter } = result
  const attempt = { atMs, durationMs: Math.round(durationMs), status, error, responseBody }
  const nowMs = clock.nowMs()
  metrics.deliveries.inc({ outcome: error ?? `${Math.floor((status ?? 0) / 100)}xx` })
  await store.changeDelivery(delivery.id, jobContext(NAME, nowMs), (current) =>
    decideTry(current.delivery, current.endpoint, attempt, { status, retryAfter }, nowMs, random()),
  )
}

/** The same text at every try, byte for byte. */
function bodyOf({ id, type, timestampMs, data }: EventRecord): string {
  const timestamp = toTimestamp(timestampMs)
  return `{"id":"${id}","type":"${type}","timestamp":"${timestamp}","data":${data}}`
}
