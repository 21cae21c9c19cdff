import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import {
  createSecret,
  type Endpoint,
  editEndpoint,
  isEventPattern,
  parseEndpointUrl,
  SECRET_BYTES,
} from '~/domain/endpoints.ts'
import { invalidField } from '~/domain/faults.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import {
  CreateWebhookBody,
  presentWebhook,
  UpdateWebhookBody,
  Webhook,
  WebhookWithSecret,
} from '~/wire/webhooks.ts'
import { answers, created, noContent } from '../answers.ts'
import type { Scopes } from '../plugins/scopes.ts'
import { WebhookParams } from './path-params.ts'
import { requireFound } from './require-found.ts'

const tags = ['Webhooks']
const noun = 'webhook endpoint'
const resource = { noun, present: presentWebhook } as const

type WebhookDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes' | 'createId' | 'addressGuard'>

export const webhookRoutes = (deps: WebhookDeps, scopes: Scopes) =>
  new Elysia({ prefix: '/webhooks', tags })
    .use(scopes)
    .get(
      '',
      async ({ query }) => {
        const page = await deps.store.endpoints.list(parsePageRequest('webhooks', query))
        return presentPage('webhooks', query, page, presentWebhook)
      },
      {
        scope: 'webhooks:read',
        operationId: 'listWebhooks',
        query: PageQuery,
        ...answers(pageOf(Webhook)),
        summary: 'List webhook endpoints, newest first',
      },
    )
    .post(
      '',
      ({ body, command }) => {
        const secret = createSecret(deps.randomBytes(SECRET_BYTES))
        const endpoint = buildEndpoint(deps, body, secret, command.nowMs)
        return command.create(resourceWithSecret(secret), (context) =>
          deps.store.endpoints.create(endpoint, context),
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

export const webhookItemRoutes = (
  { store, addressGuard }: Pick<Deps, 'store' | 'addressGuard'>,
  scopes: Scopes,
) =>
  new Elysia({ prefix: '/webhooks/:id', tags })
    .use(scopes)
    .get(
      '',
      async ({ params }) =>
        presentWebhook(requireFound(noun, await store.endpoints.find(params.id))),
      {
        scope: 'webhooks:read',
        operationId: 'getWebhook',
        params: WebhookParams,
        ...answers(Webhook, 404),
        summary: 'Get a webhook endpoint',
      },
    )
    .put(
      '',
      ({ params, body, command }) => {
        const url = body.url === undefined ? undefined : parseEndpointUrl(body.url, addressGuard)
        const events = body.events === undefined ? undefined : checkPatterns(body.events)
        const { description, enabled: isEnabled } = body
        return command.change(resource, (context) =>
          store.endpoints.change(params.id, context, (endpoint) =>
            editEndpoint(endpoint, { url, events, description, isEnabled }),
          ),
        )
      },
      {
        scope: 'webhooks:write',
        operationId: 'updateWebhook',
        params: WebhookParams,
        body: UpdateWebhookBody,
        ...answers(Webhook, 404),
        summary: 'Change, pause or resume a webhook endpoint',
        description:
          'The deliveries of a paused endpoint wait and are sent once it is resumed. To send ' +
          'what an endpoint missed while it was disabled, use `recover`.',
      },
    )
    .delete(
      '',
      ({ params, command }) =>
        command.delete(resource, (context) =>
          store.endpoints.change(params.id, context, () => null),
        ),
      {
        scope: 'webhooks:write',
        operationId: 'deleteWebhook',
        params: WebhookParams,
        ...noContent(404),
        summary: 'Delete a webhook endpoint and its deliveries',
      },
    )

/** Shows the secret in the first response, but not in replays. */
export function resourceWithSecret(secret: string) {
  return {
    noun,
    present: (endpoint: Endpoint) => ({ ...presentWebhook(endpoint), secret }),
    redact: (shown: WebhookWithSecret) => ({ ...shown, secret: null }),
  } as const
}

function buildEndpoint(
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

function checkPatterns(patterns: readonly string[]): readonly string[] {
  const unknown = patterns.findIndex((pattern) => !isEventPattern(pattern))
  if (unknown === -1) return [...new Set(patterns)]
  throw invalidField(
    `/events/${unknown}`,
    'There is no such event type. Use one such as license.created, a group such as license.*, ' +
      'or * for all.',
  )
}
