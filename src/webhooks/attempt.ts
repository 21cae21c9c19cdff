import type { Deps } from '~/deps.ts'
import { buildJobActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { decideAttempt } from '~/domain/deliveries.ts'
import { signingSecrets } from '~/domain/endpoints.ts'
import type { EventRecord } from '~/domain/events.ts'
import { SECOND_MS, toTimestamp } from '~/domain/times.ts'
import type { ClaimedDelivery } from '~/store/outbox-port.ts'
import type { PostRequest, PostResult } from './http-post.ts'
import { signWebhook } from './signature.ts'

const actor = buildJobActor('deliver-webhooks')

/**
 * Posts an event to its endpoint, signed, and records the attempt. An attempt that is aborted by
 * `signal` is not counted: nothing is recorded.
 */
export async function attemptDelivery(deps: Deps, claimed: ClaimedDelivery, signal: AbortSignal) {
  const atMs = deps.clock.nowMs()
  const result = await deps.post({ ...buildRequest(deps, claimed, atMs), signal })
  if (result.error !== 'aborted') await recordAttempt(deps, claimed, atMs, result)
}

/** Builds the signed request (Standard Webhooks 1.0, §Webhook headers). */
function buildRequest(
  { vault, version }: Deps,
  { endpoint, event }: ClaimedDelivery,
  atMs: number,
): PostRequest {
  const body = presentEvent(event)
  const timestampSeconds = Math.floor(atMs / SECOND_MS)
  const secrets = signingSecrets(endpoint, atMs).map((sealed) =>
    vault.open('webhook-secret', sealed),
  )
  return {
    url: endpoint.url,
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': `Licet/${version}`,
      'webhook-id': event.id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signWebhook(secrets, event.id, timestampSeconds, body),
    },
  }
}

/** Returns the request body, which is the same in every attempt, byte for byte. */
function presentEvent({ id, type, timestampMs, data }: EventRecord): string {
  const timestamp = toTimestamp(timestampMs)
  return `{"id":"${id}","type":"${type}","timestamp":"${timestamp}","data":${data}}`
}

async function recordAttempt(
  { store, clock, random, metrics }: Deps,
  { delivery, endpoint, event }: ClaimedDelivery,
  atMs: number,
  result: PostResult,
): Promise<void> {
  const { status, error, responseBody, durationMs } = result
  const started = { delivery, endpoint, postedData: event.data }
  const attempt = { atMs, durationMs, status, error, responseBody }
  const nowMs = clock.nowMs()
  metrics.deliveries.inc({ outcome: error ?? `${Math.floor((status ?? 0) / 100)}xx` })
  await store.deliveries.change(delivery.id, buildOwnContext(actor, nowMs), (current) =>
    decideAttempt(started, current, attempt, result, nowMs, random(), clock.trustedMs()),
  )
}
