import { Elysia } from 'elysia'
import { NoBody } from '~/contract/fields.ts'
import { PageQuery, pageOf } from '~/contract/pages.ts'
import { problems } from '~/contract/problems.ts'
import { Delivery, DeliveryWithAttempts } from '~/contract/webhooks.ts'
import type { Deps } from '~/deps.ts'
import { decideRetry } from '~/domain/deliveries.ts'
import { Fault } from '~/domain/faults.ts'
import { readPageRequest, toPageView } from '../pages.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { toAttemptView, toDeliveryView } from '../views.ts'

const tags = ['Webhooks']

export const deliveryRoutes = ({ store }: Pick<Deps, 'store'>, commands: CommandsPlugin) =>
  new Elysia()
    .use(commands)
    .get(
      '/webhooks/:id/deliveries',
      async ({ params, query }) => {
        const list = `deliveries of ${params.id}`
        const request = readPageRequest(list, query)
        const endpoint = await store.findEndpoint(params.id)
        if (endpoint === null) throw new Fault('not_found', 'No such webhook endpoint.')
        const page = await store.listDeliveries(params.id, request)
        return toPageView(list, query, page, toDeliveryView)
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
        const record = await store.findDelivery(params.id)
        if (record === null) throw new Fault('not_found', 'No such delivery.')
        const attempts = await store.listAttempts(params.id)
        return { ...toDeliveryView(record), attempts: attempts.map(toAttemptView) }
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
        command.answer({ status: 200, noun: 'delivery', view: toDeliveryView }, (context) =>
          store.changeDelivery(params.id, context, (snapshot) =>
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
