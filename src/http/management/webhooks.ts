import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { Change } from '~/domain/decisions.ts'
import {
  createSecret,
  decidePing,
  decideRotation,
  type Endpoint,
  editEndpoint,
  isEventPattern,
  parseEndpointUrl,
  SECRET_BYTES,
} from '~/domain/endpoints.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { NoBody, Nothing } from '~/wire/fields.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { problems } from '~/wire/problems.ts'
import {
  CreateWebhookBody,
  presentWebhook,
  RecoverBody,
  Recovered,
  UpdateWebhookBody,
  Webhook,
  WebhookWithSecret,
} from '~/wire/webhooks.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'

const tags = ['Webhooks']
const noun = 'webhook endpoint'

type WebhookDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes' | 'createId' | 'addressGuard'>

export const webhookRoutes = (deps: WebhookDeps, commands: CommandsPlugin) => {
  const { store, vault, randomBytes, createId, addressGuard } = deps

  return new Elysia({ prefix: '/webhooks' })
    .use(commands)
    .get(
      '',
      async ({ query }) => {
        const page = await store.endpoints.list(parsePageRequest('webhooks', query))
        return presentPage('webhooks', query, page, presentWebhook)
      },
      {
        scope: 'webhooks:read',
        query: PageQuery,
        response: { 200: pageOf(Webhook), ...problems(400, 401, 403, 422) },
        detail: { tags, summary: 'List webhook endpoints, newest first' },
      },
    )
    .post(
      '',
      ({ body, command }) => {
        const { events = ['*'], description = null, enabled = true } = body
        const secret = createSecret(randomBytes(SECRET_BYTES))
        const endpoint: Endpoint = {
          id: createId('whk'),
          url: parseEndpointUrl(body.url, addressGuard),
          events: checkPatterns(events),
          description,
          state: enabled ? 'enabled' : 'paused',
          secretSealed: vault.seal('webhook-secret', secret),
          formerSecret: null,
          failingSinceMs: null,
          createdAtMs: command.nowMs,
        }
        return command.answer({ status: 201, noun, ...showing(secret) }, (context) =>
          store.endpoints.create(endpoint, context),
        )
      },
      {
        scope: 'webhooks:write',
        body: CreateWebhookBody,
        response: { 201: WebhookWithSecret, ...problems(400, 401, 403, 409, 413, 415, 422) },
        detail: {
          tags,
          summary: 'Create a webhook endpoint',
          description: 'The secret that signs its deliveries stands in this answer only.',
        },
      },
    )
    .get(
      '/:id',
      async ({ params }) => {
        const endpoint = await store.endpoints.find(params.id)
        if (endpoint === null) throw new Fault('not_found', `No such ${noun}.`)
        return presentWebhook(endpoint)
      },
      {
        scope: 'webhooks:read',
        response: { 200: Webhook, ...problems(401, 403, 404) },
        detail: { tags, summary: 'Show a webhook endpoint' },
      },
    )
    .put(
      '/:id',
      ({ params, body, command }) => {
        const url = body.url === undefined ? undefined : parseEndpointUrl(body.url, addressGuard)
        const events = body.events === undefined ? undefined : checkPatterns(body.events)
        const { description, enabled: isEnabled } = body
        return command.answer({ status: 200, noun, view: presentWebhook }, (context) =>
          store.endpoints.change(params.id, context, (endpoint) =>
            updating(editEndpoint(endpoint, { url, events, description, isEnabled })),
          ),
        )
      },
      {
        scope: 'webhooks:write',
        body: UpdateWebhookBody,
        response: { 200: Webhook, ...problems(400, 401, 403, 404, 413, 415, 422) },
        detail: {
          tags,
          summary: 'Change, pause or resume a webhook endpoint',
          description:
            'While it is paused its deliveries wait, and go out when it is enabled again. What ' +
            'came while it was disabled is fetched with `recover`.',
        },
      },
    )
    .delete(
      '/:id',
      async ({ params, command, set }) => {
        await command.answer({ status: 200, noun, view: presentWebhook }, (context) =>
          store.endpoints.change(params.id, context, (endpoint) => {
            const changes: Change[] = [{ type: 'endpoint.delete', endpoint }]
            return { result: endpoint, changes, events: [] }
          }),
        )
        set.status = 204
      },
      {
        scope: 'webhooks:write',
        response: { 204: Nothing, ...problems(401, 403, 404) },
        detail: { tags, summary: 'Delete a webhook endpoint and its deliveries' },
      },
    )
    .post(
      '/:id/rotate-secret',
      ({ params, command }) => {
        const secret = createSecret(randomBytes(SECRET_BYTES))
        const sealed = vault.seal('webhook-secret', secret)
        return command.answer({ status: 200, noun, ...showing(secret) }, (context) =>
          store.endpoints.change(params.id, context, (endpoint) =>
            updating(decideRotation(endpoint, sealed, command.nowMs)),
          ),
        )
      },
      {
        scope: 'webhooks:write',
        body: NoBody,
        response: { 200: WebhookWithSecret, ...problems(400, 401, 403, 404, 409, 413, 415, 422) },
        detail: {
          tags,
          summary: 'Give a webhook endpoint a new secret',
          description: 'Deliveries are signed with both secrets for 24 hours.',
        },
      },
    )
    .post(
      '/:id/test',
      ({ params, command }) =>
        command.answer({ status: 200, noun, view: presentWebhook }, (context) =>
          store.endpoints.change(params.id, context, decidePing),
        ),
      {
        scope: 'webhooks:write',
        body: NoBody,
        response: { 200: Webhook, ...problems(400, 401, 403, 404, 409, 413, 415, 422) },
        detail: { tags, summary: 'Send a `webhook.test` event to one endpoint' },
      },
    )
    .post(
      '/:id/recover',
      ({ params, body, command }) => {
        const sinceMs = parseTimestamp(body.since, '/since')
        const view = (recovered: { readonly recovered: number }) => ({ ...recovered })
        return command.answer({ status: 200, noun, view }, (context) =>
          store.endpoints.recover(params.id, sinceMs, context),
        )
      },
      {
        scope: 'webhooks:write',
        body: RecoverBody,
        response: { 200: Recovered, ...problems(400, 401, 403, 404, 409, 413, 415, 422) },
        detail: {
          tags,
          summary: 'Send again what failed or was missed since a time',
          description: 'For a disabled endpoint they go out as soon as it is enabled.',
        },
      },
    )
}

function showing(secret: string) {
  return {
    view: (endpoint: Endpoint) => ({ ...presentWebhook(endpoint), secret }),
    blank: (shown: WebhookWithSecret) => ({ ...shown, secret: null }),
  }
}

function updating(endpoint: Endpoint) {
  const changes: Change[] = [{ type: 'endpoint.update', endpoint }]
  return { result: endpoint, changes, events: [] }
}

function checkPatterns(patterns: readonly string[]): readonly string[] {
  const strange = patterns.findIndex((pattern) => !isEventPattern(pattern))
  if (strange === -1) return [...new Set(patterns)]
  throw invalidField(
    `/events/${strange}`,
    'There is no such event. Give a type such as license.created, a noun such as license.*, or *.',
  )
}
