import type { BodyOf, Calls, QueryOf } from './calls.ts'
import type { CallOptions } from './connection.ts'

export type Events = ReturnType<typeof buildEvents>
export type Webhooks = ReturnType<typeof buildWebhooks>

export function buildEvents({ list, call }: Calls) {
  return {
    get: (id: string, options?: CallOptions) => call('getEvent', { ids: [id], options }),
    /** Lists events, newest first, or those after the event `after`, oldest first. */
    list: (query?: QueryOf<'listEvents'>, options?: CallOptions) =>
      list('listEvents', { query, options }),
  }
}

export function buildWebhooks({ call, list }: Calls) {
  return {
    /**
     * Creates an endpoint. `secret` is shown only once: it is null if the first response was lost and
     * the request repeated. Then `rotateSecret` makes a new one.
     */
    create: (body: BodyOf<'createWebhook'>, options?: CallOptions) =>
      call('createWebhook', { body, options }),
    get: (id: string, options?: CallOptions) => call('getWebhook', { ids: [id], options }),
    list: (query?: QueryOf<'listWebhooks'>, options?: CallOptions) =>
      list('listWebhooks', { query, options }),
    update: (id: string, body: BodyOf<'updateWebhook'>, options?: CallOptions) =>
      call('updateWebhook', { ids: [id], body, options }),
    delete: (id: string, options?: CallOptions) => call('deleteWebhook', { ids: [id], options }),
    rotateSecret: (id: string, options?: CallOptions) =>
      call('rotateWebhookSecret', { ids: [id], options }),
    /** Sends an event of the type `webhook.test` to the endpoint. */
    test: (id: string, options?: CallOptions) => call('testWebhook', { ids: [id], options }),
    /** Sends the events again that the endpoint has missed. */
    recover: (id: string, body: BodyOf<'recoverWebhookDeliveries'>, options?: CallOptions) =>
      call('recoverWebhookDeliveries', { ids: [id], body, options }),
    deliveries: (id: string, query?: QueryOf<'listWebhookDeliveries'>, options?: CallOptions) =>
      list('listWebhookDeliveries', { ids: [id], query, options }),
  }
}
