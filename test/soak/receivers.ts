import { hang, type Receiver, respond, startReceiver } from '../support/receiver.ts'
import type { World } from './world.ts'

/** A backlog that does not shrink for this long is at fault. */
const PROGRESS_TIMEOUT_MS = 120_000
const POLL_MS = 50

/** Receivers of webhooks: one that remembers every event, one that never responds, and one that refuses. */
export interface Receivers extends AsyncDisposable {
  readonly hanging: Receiver
  readonly refusing: Receiver
  readonly arrivedIds: ReadonlySet<string>
  /** All requests to the good one, which may get an event more than once. */
  readonly deliveries: () => number
  /** Makes the server deliver to all three. */
  subscribe(world: World): Promise<void>
  /** Resolves once all events have arrived. Returns the ms that this took, or null if they no longer arrive. */
  waitFor(ids: readonly string[], progressMs?: number): Promise<number | null>
}

export async function startReceivers(): Promise<Receivers> {
  const arrivedIds = new Set<string>()
  let deliveries = 0
  const good = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      await request.arrayBuffer()
      deliveries += 1
      arrivedIds.add(request.headers.get('webhook-id') ?? '')
      return new Response(null, { status: 204 })
    },
  })
  const hanging = await startReceiver(hang)
  const refusing = await startReceiver(respond(500))

  return {
    hanging,
    refusing,
    arrivedIds,
    deliveries: () => deliveries,
    async subscribe({ life }) {
      const endpoints = [
        { url: `${good.url}hook` },
        { url: hanging.url, events: ['license.updated'] },
        { url: refusing.url, events: ['license.suspended'] },
      ]
      for (const body of endpoints) await life.server().send('POST', '/api/v1/webhooks', body)
    },
    async waitFor(ids, progressMs = PROGRESS_TIMEOUT_MS) {
      const startedAtMs = performance.now()
      let [arrived, progressAtMs] = [arrivedIds.size, startedAtMs]
      while (ids.some((id) => !arrivedIds.has(id))) {
        await Bun.sleep(POLL_MS)
        const nowMs = performance.now()
        if (arrivedIds.size !== arrived) [arrived, progressAtMs] = [arrivedIds.size, nowMs]
        else if (nowMs - progressAtMs > progressMs) return null
      }
      return performance.now() - startedAtMs
    },
    async [Symbol.asyncDispose]() {
      await good.stop(true)
      await hanging[Symbol.asyncDispose]()
      await refusing[Symbol.asyncDispose]()
    },
  }
}
