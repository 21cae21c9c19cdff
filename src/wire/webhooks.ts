import { type Static, Type } from '@sinclair/typebox'
import type * as domain from '~/domain/deliveries.ts'
import type { DeliveryRecord } from '~/domain/deliveries.ts'
import { disabledReasonOf, type Endpoint } from '~/domain/endpoints.ts'
import { toTimestamp } from '~/domain/times.ts'
import { literals, nullable, presentOptionalTime, Timestamp } from './fields.ts'

const PATTERNS_MAX = 50
const exampleId = 'whk_01jg3m8v5mf1x8yq1r5c2w7h3k'

const example = {
  id: exampleId,
  url: 'https://hooks.example.com/licet',
  events: ['license.*'],
  description: null,
  enabled: true,
  disabled_reason: null,
  failing_since: null,
  created_at: '2026-03-06T12:00:00Z',
}

/** `enabled` false: paused by you, or disabled as `disabled_reason` says. */
export const Webhook = Type.Object(
  {
    id: Type.String(),
    url: Type.String(),
    events: Type.Array(Type.String()),
    description: nullable(Type.String()),
    enabled: Type.Boolean(),
    disabled_reason: nullable(literals(['gone', 'failing'])),
    failing_since: nullable(Type.String()),
    created_at: Type.String(),
  },
  { title: 'Webhook', description: 'The endpoint.', examples: [example] },
)
export type Webhook = Static<typeof Webhook>

/** `secret` stands in the first answer only; a replay has null in its place. */
export const WebhookWithSecret = Type.Object(
  { ...Webhook.properties, secret: nullable(Type.String()) },
  {
    title: 'WebhookWithSecret',
    description: 'The endpoint, with its secret this once.',
    examples: [{ ...example, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }],
  },
)
export type WebhookWithSecret = Static<typeof WebhookWithSecret>

const settings = {
  url: Type.String({ maxLength: 2048 }),
  events: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: PATTERNS_MAX }),
  description: nullable(Type.String({ maxLength: 500 })),
  enabled: Type.Boolean(),
}

export const CreateWebhookBody = Type.Object(
  {
    url: settings.url,
    events: Type.Optional(settings.events),
    description: Type.Optional(settings.description),
    enabled: Type.Optional(settings.enabled),
  },
  {
    additionalProperties: false,
    examples: [{ url: 'https://hooks.example.com/licet', events: ['license.*'] }],
  },
)
export type CreateWebhookBody = Static<typeof CreateWebhookBody>

export const UpdateWebhookBody = Type.Partial(Type.Object(settings), {
  additionalProperties: false,
  examples: [{ enabled: false }],
})
export type UpdateWebhookBody = Static<typeof UpdateWebhookBody>

export const RecoverBody = Type.Object(
  { since: Timestamp },
  { additionalProperties: false, examples: [{ since: '2026-03-06T00:00:00Z' }] },
)

export const Recovered = Type.Object(
  { recovered: Type.Integer() },
  { description: 'How many deliveries are tried again.', examples: [{ recovered: 12 }] },
)

const exampleDelivery = {
  id: 'dlv_01jg3m8v5mf1x8yq1r5c2w7h3k',
  webhook_id: exampleId,
  event_id: 'evt_01jg3m8v5mf1x8yq1r5c2w7h3k',
  event_type: 'license.created',
  status: 'delivered',
  tries: 1,
  next_try_at: null,
  created_at: '2026-03-06T12:00:00Z',
}

export const Delivery = Type.Object(
  {
    id: Type.String(),
    webhook_id: Type.String(),
    event_id: Type.String(),
    event_type: Type.String(),
    status: literals(['pending', 'delivered', 'failed']),
    tries: Type.Integer(),
    next_try_at: nullable(Type.String()),
    created_at: Type.String(),
  },
  { title: 'Delivery', description: 'The delivery.', examples: [exampleDelivery] },
)
export type Delivery = Static<typeof Delivery>

/** `error` says why no answer came; `response` is the first KiB of the one that did. */
export const Attempt = Type.Object({
  at: Type.String(),
  duration_ms: Type.Integer(),
  status: nullable(Type.Integer()),
  error: nullable(Type.String()),
  response: Type.String(),
})
export type Attempt = Static<typeof Attempt>

export const DeliveryWithAttempts = Type.Object(
  { ...Delivery.properties, attempts: Type.Array(Attempt) },
  {
    title: 'DeliveryWithAttempts',
    description: 'The delivery, with each of its tries.',
    examples: [
      {
        ...exampleDelivery,
        attempts: [
          { at: '2026-03-06T12:00:00Z', duration_ms: 84, status: 200, error: null, response: 'ok' },
        ],
      },
    ],
  },
)
export type DeliveryWithAttempts = Static<typeof DeliveryWithAttempts>

export function presentWebhook(endpoint: Endpoint): Webhook {
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: [...endpoint.events],
    description: endpoint.description,
    enabled: endpoint.state === 'enabled',
    disabled_reason: disabledReasonOf(endpoint),
    failing_since: presentOptionalTime(endpoint.failingSinceMs),
    created_at: toTimestamp(endpoint.createdAtMs),
  }
}

export function presentDelivery({ delivery, eventType }: DeliveryRecord): Delivery {
  const { progress } = delivery
  return {
    id: delivery.id,
    webhook_id: delivery.endpointId,
    event_id: delivery.eventId,
    event_type: eventType,
    status: progress.status,
    tries: progress.attempts,
    next_try_at: progress.status === 'pending' ? toTimestamp(progress.nextAttemptAtMs) : null,
    created_at: toTimestamp(delivery.createdAtMs),
  }
}

export function presentAttempt(attempt: domain.Attempt): Attempt {
  return {
    at: toTimestamp(attempt.atMs),
    duration_ms: attempt.durationMs,
    status: attempt.status,
    error: attempt.error,
    response: attempt.responseBody,
  }
}
