import type { Deps } from '~/deps.ts'
import {
  type AddressGuard,
  createSecret,
  type Endpoint,
  editEndpoint,
  isEventPattern,
  parseEndpointUrl,
  SECRET_BYTES,
} from '~/domain/endpoints.ts'
import { invalidField } from '~/domain/faults.ts'
import { listPage } from '~/wire/pages.ts'
import {
  CreateWebhookBody,
  presentWebhook,
  UpdateWebhookBody,
  Webhook,
  WebhookWithSecret,
} from '~/wire/webhooks.ts'
import { answers, created, noContent, pages } from '../answers.ts'
import { presentFound } from '../plugins/command.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

type WebhookDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes' | 'createId' | 'addressGuard'>

export const webhookRoutes = (deps: WebhookDeps, routes: ScopedRoutes) => {
  const { endpoints } = deps.store
  const resource = { noun: 'webhook endpoint', present: presentWebhook, change: endpoints.change }

  return routes('/webhooks', 'Webhooks')
    .get('', ({ query }) => listPage('webhooks', query, presentWebhook, endpoints.list), {
      scope: 'webhooks:read',
      operationId: 'listWebhooks',
      ...pages(Webhook),
      summary: 'List webhook endpoints, newest first',
    })
    .post(
      '',
      ({ body, command }) => {
        const secret = createSecret(deps.randomBytes(SECRET_BYTES))
        const endpoint = buildEndpoint(deps, body, secret, command.nowMs)
        return command.create({ ...resource, ...showOnce(secret) }, (context) =>
          endpoints.create(endpoint, context),
        )
      },
      {
        scope: 'webhooks:write',
        operationId: 'createWebhook',
        body: CreateWebhookBody,
        ...created(WebhookWithSecret, 409),
        summary: 'Create a webhook endpoint',
        description: 'Only this response contains the secret that signs the deliveries.',
      },
    )
    .get('/:id', ({ params }) => presentFound(resource, endpoints.find(params.id)), {
      scope: 'webhooks:read',
      operationId: 'getWebhook',
      ...answers(Webhook, 404),
      summary: 'Get a webhook endpoint',
    })
    .put(
      '/:id',
      ({ params, body, command }) => {
        const edit = parseEdit(body, deps.addressGuard)
        return command.change(resource, params.id, (endpoint) => editEndpoint(endpoint, edit))
      },
      {
        scope: 'webhooks:write',
        operationId: 'updateWebhook',
        body: UpdateWebhookBody,
        ...answers(Webhook, 404),
        summary: 'Change, pause or resume a webhook endpoint',
        description:
          'The deliveries of a paused endpoint wait and are sent once it is resumed. To send ' +
          'what an endpoint missed while it was disabled, use `recover`.',
      },
    )
    .delete('/:id', ({ params, command }) => command.delete(resource, params.id, () => null), {
      scope: 'webhooks:write',
      operationId: 'deleteWebhook',
      ...noContent(404),
      summary: 'Delete a webhook endpoint and its deliveries',
    })
}

/** Presents an endpoint with its secret in the first response, but not in replays. */
export const showOnce = (secret: string) => ({
  present: (endpoint: Endpoint) => ({ ...presentWebhook(endpoint), secret }),
  redact: (shown: WebhookWithSecret) => ({ ...shown, secret: null }),
})

function parseEdit(body: UpdateWebhookBody, addressGuard: AddressGuard) {
  return {
    url: body.url === undefined ? undefined : parseEndpointUrl(body.url, addressGuard),
    events: body.events === undefined ? undefined : checkPatterns(body.events),
    description: body.description,
    isEnabled: body.enabled,
  }
}

/** Throws a Fault for a URL or an event that cannot be used. */
export function buildEndpoint(
  { vault, createId, addressGuard }: WebhookDeps,
  { url, events = ['*'], description = null, enabled = true }: CreateWebhookBody,
  secret: string,
  nowMs: number,
): Endpoint {
  return {
    id: createId('whk'),
    url: parseEndpointUrl(url, addressGuard),
    events: checkPatterns(events),
    description,
    state: enabled ? 'enabled' : 'paused',
    secretSealed: vault.seal('webhook-secret', secret),
    formerSecret: null,
    failingSinceMs: null,
    createdAtMs: nowMs,
  }
}

/** Returns each pattern once. Throws a Fault for one that matches no event. */
export function checkPatterns(patterns: readonly string[]): readonly string[] {
  const unknown = patterns.findIndex((pattern) => !isEventPattern(pattern))
  if (unknown === -1) return [...new Set(patterns)]
  throw invalidField(
    `/events/${unknown}`,
    'There is no such event type. Use one such as license.created, a group such as license.*, ' +
      'or * for all.',
  )
}
