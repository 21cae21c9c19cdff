import type { Static } from '@sinclair/typebox'
import type * as domain from '~/domain/deliveries.ts'
import type { DeliveryRecord } from '~/domain/deliveries.ts'
import { disabledReasonOf, type Endpoint } from '~/domain/endpoints.ts'
import { toTimestamp } from '~/domain/times.ts'
import { EventType } from './events.ts'
import { exampleId, OptionalTime, presentOptionalTime, Time, Timestamp } from './fields.ts'
import { pageQuery } from './pages.ts'
import { Type } from './type.ts'

const URL_LENGTH_MAX = 2048
const PATTERNS_MAX = 50

const example = {
  id: exampleId('whk'),
  url: 'https://hooks.example.com/licet',
  events: ['license.*'],
  description: null,
  enabled: true,
  disabled_reason: null,
  failing_since: null,
  created_at: '2026-03-06T12:00:00Z',
}

const patternDescription = 'An event type, a group such as `license.*`, or `*` for all events.'

export const Webhook = Type.Response('Webhook', 'A webhook endpoint.', example, {
  id: Type.String(),
  url: Type.String(),
  events: Type.Array(Type.Described(patternDescription)),
  description: Type.Nullable(Type.String()),
  enabled: Type.Boolean({
    description: 'False while the endpoint is paused by you or disabled by the server.',
  }),
  disabled_reason: Type.Nullable(
    Type.Literals(['gone', 'failing'], {
      description:
        'Why the server disabled the endpoint: it responded with 410, or failed for five days.',
    }),
  ),
  failing_since: OptionalTime,
  created_at: Time,
})
export type Webhook = Static<typeof Webhook>

export const WebhookWithSecret = Type.Response(
  'WebhookWithSecret',
  'A webhook endpoint with its new secret.',
  { ...example, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
  {
    ...Webhook.properties,
    secret: Type.ShownOnce(),
  },
)
export type WebhookWithSecret = Static<typeof WebhookWithSecret>

const settings = {
  url: Type.Text(URL_LENGTH_MAX),
  events: Type.Array(Type.Text(64, patternDescription), { minItems: 1, maxItems: PATTERNS_MAX }),
  description: Type.Nullable(
    Type.Note(500, 'The purpose of the endpoint, up to 500 characters; null for none.'),
  ),
  enabled: Type.Boolean(),
}

export const CreateWebhookBody = Type.Request(
  'CreateWebhookRequest',
  [{ url: 'https://hooks.example.com/licet', events: ['license.*'] }],
  { ...Type.Optionals(settings), url: settings.url },
)
export type CreateWebhookBody = Static<typeof CreateWebhookBody>

export const UpdateWebhookBody = Type.Request(
  'UpdateWebhookRequest',
  [{ enabled: false }],
  Type.Optionals(settings),
)
export type UpdateWebhookBody = Static<typeof UpdateWebhookBody>

export const RecoverBody = Type.Request(
  'RecoverDeliveriesRequest',
  [{ since: '2026-03-06T00:00:00Z' }],
  { since: Timestamp },
)

export const Recovered = Type.Response(
  'RecoveredDeliveries',
  'The result of a recovery.',
  { recovered: 12 },
  { recovered: Type.Count('The number of deliveries that will be sent again.') },
)

const exampleDelivery = {
  id: exampleId('dlv'),
  webhook_id: exampleId('whk'),
  event_id: exampleId('evt'),
  event_type: 'license.created',
  status: 'delivered',
  tries: 1,
  next_try_at: null,
  created_at: '2026-03-06T12:00:00Z',
}

const DeliveryStatus = Type.Literals(['pending', 'delivered', 'failed'], {
  title: 'DeliveryStatus',
  description: 'One of pending, delivered and failed.',
})

export const Delivery = Type.Response(
  'Delivery',
  'The delivery of one event to one webhook endpoint.',
  exampleDelivery,
  {
    id: Type.String(),
    webhook_id: Type.String(),
    event_id: Type.String(),
    event_type: Type.PublishAs(Type.String(), EventType),
    status: DeliveryStatus,
    tries: Type.Count('The number of attempts so far.'),
    next_try_at: OptionalTime,
    created_at: Time,
  },
)
export type Delivery = Static<typeof Delivery>

export const ListDeliveriesQuery = Type.Query({
  ...Type.Optionals({
    status: DeliveryStatus,
    type: Type.Text(64, 'An event type, or a group such as `license.*`.'),
    webhook_id: Type.Text(40, 'ID of a webhook endpoint.'),
    after: { ...Timestamp, description: 'Created at this RFC 3339 time or later.' },
    before: { ...Timestamp, description: 'Created before this RFC 3339 time.' },
  }),
  ...pageQuery,
})
export type ListDeliveriesQuery = Static<typeof ListDeliveriesQuery>

export const Attempt = Type.Object(
  {
    at: Time,
    duration_ms: Type.Integer(),
    status: Type.Nullable(Type.Count('The HTTP status; null if there was no response.')),
    error: Type.Nullable(Type.Described('Why there was no response.')),
    response: Type.Described('The first KiB of the response body.'),
  },
  { title: 'DeliveryAttempt', description: 'One attempt to deliver an event.' },
)
export type Attempt = Static<typeof Attempt>

export const DeliveryWithAttempts = Type.Response(
  'DeliveryWithAttempts',
  'A delivery with all of its attempts.',
  {
    ...exampleDelivery,
    attempts: [
      { at: '2026-03-06T12:00:00Z', duration_ms: 84, status: 200, error: null, response: 'ok' },
    ],
  },
  { ...Delivery.properties, attempts: Type.Array(Attempt) },
)

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
