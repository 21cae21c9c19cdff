import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { decideRetry } from '~/domain/deliveries.ts'
import { Fault } from '~/domain/faults.ts'
import { NoBody } from '~/wire/fields.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { problems } from '~/wire/problems.ts'
import { Delivery, DeliveryWithAttempts, presentAttempt, presentDelivery } from '~/wire/webhooks.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'

const tags = ['Webhooks']

export const deliveryRoutes = ({ store }: Pick<Deps, 'store'>, commands: CommandsPlugin) =>
  new Elysia()
    .use(commands)
    .get(
      '/webhooks/:id/deliveries',
      async ({ params, query }) => {
        const list = `deliveries of ${params.id}`
        const request = parsePageRequest(list, query)
        const endpoint = await store.endpoints.find(params.id)
        if (endpoint === null) throw new Fault('not_found', 'No such webhook endpoint.')
        const page = await store.deliveries.list(params.id, request)
        return presentPage(list, query, page, presentDelivery)
      },
      {
        scope: 'webhooks:read',
        query: PageQuery,
        response: { 200: pageOf(Delivery), ...problems(400, 401, 403, 404, 422) },
        detail: { tags, summary: 'List the deliveries of an endpoint, newest first' },
      },
    )
    .get(
      '/deliveries/:id',
      async ({ params }) => {
        const record = await store.deliveries.find(params.id)
        if (record === null) throw new Fault('not_found', 'No such delivery.')
        const attempts = await store.deliveries.listAttempts(params.id)
        return { ...presentDelivery(record), attempts: attempts.map(presentAttempt) }
      },
      {
        scope: 'webhooks:read',
        response: { 200: DeliveryWithAttempts, ...problems(401, 403, 404) },
        detail: { tags, summary: 'Show a delivery with each of its attempts' },
      },
    )
    .post(
      '/deliveries/:id/retry',
      ({ params, command }) =>
        command.answer({ status: 200, noun: 'delivery', view: presentDelivery }, (context) =>
          store.deliveries.change(params.id, context, (snapshot) =>
            decideRetry(snapshot, command.nowMs),
          ),
        ),
      {
        scope: 'webhooks:write',
        body: NoBody,
        response: { 200: Delivery, ...problems(400, 401, 403, 404, 409, 413, 415, 422) },
        detail: { tags, summary: 'Try a delivery again at once, with a whole new schedule' },
      },
    )
