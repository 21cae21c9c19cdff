import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { decideRetry } from '~/domain/deliveries.ts'
import { NoBody } from '~/wire/fields.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { Delivery, DeliveryWithAttempts, presentAttempt, presentDelivery } from '~/wire/webhooks.ts'
import { answers } from '../answers.ts'
import type { Scopes } from '../plugins/scopes.ts'
import { DeliveryParams, WebhookParams } from './path-params.ts'
import { requireFound } from './require-found.ts'

const resource = { noun: 'delivery', present: presentDelivery } as const

export const deliveryRoutes = ({ store }: Pick<Deps, 'store'>, scopes: Scopes) =>
  new Elysia({ tags: ['Webhooks'] })
    .use(scopes)
    .get(
      '/webhooks/:id/deliveries',
      async ({ params, query }) => {
        const list = `deliveries of ${params.id}`
        const request = parsePageRequest(list, query)
        requireFound('webhook endpoint', await store.endpoints.find(params.id))
        const page = await store.deliveries.list(params.id, request)
        return presentPage(list, query, page, presentDelivery)
      },
      {
        scope: 'webhooks:read',
        operationId: 'listWebhookDeliveries',
        params: WebhookParams,
        query: PageQuery,
        ...answers(pageOf(Delivery), 404),
        summary: 'List the deliveries of a webhook endpoint, newest first',
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
        params: DeliveryParams,
        ...answers(DeliveryWithAttempts, 404),
        summary: 'Get a delivery with all its attempts',
      },
    )
    .post(
      '/deliveries/:id/retry',
      ({ params, command }) =>
        command.change(resource, (context) =>
          store.deliveries.change(params.id, context, (snapshot) =>
            decideRetry(snapshot, command.nowMs),
          ),
        ),
      {
        scope: 'webhooks:write',
        operationId: 'retryDelivery',
        params: DeliveryParams,
        body: NoBody,
        ...answers(Delivery, 404, 409),
        summary: 'Retry a delivery now, and restart its retry schedule',
      },
    )
