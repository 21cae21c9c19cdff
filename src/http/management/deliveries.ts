import type { Deps } from '~/deps.ts'
import { type DeliveryFilter, decideRetry } from '~/domain/deliveries.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { NoBody, omitUndefined } from '~/wire/fields.ts'
import { listPage } from '~/wire/pages.ts'
import {
  Delivery,
  DeliveryWithAttempts,
  ListDeliveriesQuery,
  presentAttempt,
  presentDelivery,
} from '~/wire/webhooks.ts'
import { answers, pages } from '../answers.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { parseTypes } from './events.ts'

export const deliveryRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) => {
  const resource = { noun: 'delivery', present: presentDelivery, change: store.deliveries.change }

  return routes('', 'Webhooks')
    .get(
      '/webhooks/:id/deliveries',
      ({ params: { id }, query }) =>
        listPage(`deliveries of ${id}`, query, presentDelivery, async (page) => {
          requireFound('webhook endpoint', await store.endpoints.find(id))
          return store.deliveries.list(id, page)
        }),
      {
        scope: 'webhooks:read',
        operationId: 'listWebhookDeliveries',
        ...pages(Delivery, 404),
        summary: 'List the deliveries of a webhook endpoint, newest first',
      },
    )
    .get(
      '/deliveries',
      ({ query }) => {
        const filter = parseFilter(query)
        return listPage('deliveries', query, presentDelivery, (page) =>
          store.deliveries.search(filter, page),
        )
      },
      {
        scope: 'webhooks:read',
        operationId: 'listDeliveries',
        ...pages(Delivery),
        query: ListDeliveriesQuery,
        summary: 'List the deliveries to all webhook endpoints, newest first',
      },
    )
    .get(
      '/deliveries/:id',
      async ({ params }) => {
        const record = requireFound('delivery', await store.deliveries.find(params.id))
        const attempts = await store.deliveries.listAttempts(params.id)
        return { ...presentDelivery(record), attempts: attempts.map(presentAttempt) }
      },
      {
        scope: 'webhooks:read',
        operationId: 'getDelivery',
        ...answers(DeliveryWithAttempts, 404),
        summary: 'Get a delivery with all its attempts',
      },
    )
    .post(
      '/deliveries/:id/retry',
      ({ params, command }) =>
        command.change(resource, params.id, (snapshot) => decideRetry(snapshot, command.nowMs)),
      {
        scope: 'webhooks:write',
        operationId: 'retryDelivery',
        body: NoBody,
        ...answers(Delivery, 404, 409),
        summary: 'Retry a delivery now, and restart its retry schedule',
      },
    )
}

function parseFilter({
  status,
  type,
  webhook_id: endpointId,
  after,
  before,
}: ListDeliveriesQuery): DeliveryFilter {
  return omitUndefined({
    status,
    endpointId,
    types: type === undefined ? undefined : parseTypes(type),
    fromMs: after === undefined ? undefined : parseTimestamp(after, '?after'),
    beforeMs: before === undefined ? undefined : parseTimestamp(before, '?before'),
  })
}
