import type { Deps } from '~/deps.ts'
import { decideAttempt } from '~/domain/deliveries.ts'
import { signatureHeader, signingSecrets } from '~/domain/endpoints.ts'
import type { EventRecord } from '~/domain/events.ts'
import { SECOND_MS, toTimestamp } from '~/domain/times.ts'
import { jobContext } from '~/jobs/job.ts'
import type { ClaimedDelivery } from '~/store/port.ts'

/**
 * Posts an event to its endpoint, signed (Standard Webhooks 1.0, §Webhook headers), and keeps what
 * came of it. Broken off by `signal` it was no try at all, and nothing is kept.
 */
export async function attemptDelivery(
  { store, vault, clock, post, random, metrics, version }: Deps,
  claimed: ClaimedDelivery,
  signal: AbortSignal,
): Promise<void> {
  const { delivery, endpoint, event } = claimed
  const trial = { delivery, endpoint, postedData: event.data }
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
      'user-agent': `Licet/${version}`,
      'webhook-id': event.id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signatureHeader(secrets, event.id, timestampSeconds, body),
    },
  })
  if (result.error === 'aborted') return
  const { status, error, responseBody, durationMs } = result
  const attempt = { atMs, durationMs, status, error, responseBody }
  const nowMs = clock.nowMs()
  metrics.deliveries.inc({ outcome: error ?? `${Math.floor((status ?? 0) / 100)}xx` })
  await store.deliveries.change(delivery.id, jobContext('deliver-webhooks', nowMs), (current) =>
    decideAttempt(trial, current, attempt, result, nowMs, random()),
  )
}

/** The same text at every try, byte for byte. */
function bodyOf({ id, type, timestampMs, data }: EventRecord): string {
  const timestamp = toTimestamp(timestampMs)
  return `{"id":"${id}","type":"${type}","timestamp":"${timestamp}","data":${data}}`
}
