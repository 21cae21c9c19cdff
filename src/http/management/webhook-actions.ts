import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { createSecret, decidePing, decideRotation, SECRET_BYTES } from '~/domain/endpoints.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { NoBody } from '~/wire/fields.ts'
import {
  presentWebhook,
  RecoverBody,
  Recovered,
  Webhook,
  WebhookWithSecret,
} from '~/wire/webhooks.ts'
import { answers } from '../answers.ts'
import type { Scopes } from '../plugins/scopes.ts'
import { WebhookParams } from './path-params.ts'
import { resourceWithSecret } from './webhooks.ts'

const noun = 'webhook endpoint'

type WebhookDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes'>

export const webhookActionRoutes = ({ store, vault, randomBytes }: WebhookDeps, scopes: Scopes) =>
  new Elysia({ prefix: '/webhooks/:id', tags: ['Webhooks'] })
    .use(scopes)
    .post(
      '/rotate-secret',
      ({ params, command }) => {
        const secret = createSecret(randomBytes(SECRET_BYTES))
        const sealed = vault.seal('webhook-secret', secret)
        return command.change(resourceWithSecret(secret), (context) =>
          store.endpoints.change(params.id, context, (endpoint) =>
            decideRotation(endpoint, sealed, command.nowMs),
          ),
        )
      },
      {
        scope: 'webhooks:write',
        operationId: 'rotateWebhookSecret',
        params: WebhookParams,
        body: NoBody,
        ...answers(WebhookWithSecret, 404, 409),
        summary: 'Replace the secret of a webhook endpoint',
        description: 'Deliveries are signed with both secrets for 24 hours.',
      },
    )
    .post(
      '/test',
      ({ params, command }) =>
        command.change({ noun, present: presentWebhook }, (context) =>
          store.endpoints.notify(params.id, context, decidePing),
        ),
      {
        scope: 'webhooks:write',
        operationId: 'testWebhook',
        params: WebhookParams,
        body: NoBody,
        ...answers(Webhook, 404, 409),
        summary: 'Send a `webhook.test` event to a webhook endpoint',
      },
    )
    .post(
      '/recover',
      ({ params, body, command }) => {
        const sinceMs = parseTimestamp(body.since, '/since')
        const present = ({ recovered }: { readonly recovered: number }) => ({ recovered })
        return command.change({ noun, present }, (context) =>
          store.outbox.recover(params.id, sinceMs, context),
        )
      },
      {
        scope: 'webhooks:write',
        operationId: 'recoverWebhookDeliveries',
        params: WebhookParams,
        body: RecoverBody,
        ...answers(Recovered, 404, 409),
        summary: 'Resend what failed or was missed since a given time',
        description: 'The deliveries of a disabled endpoint are sent once it is enabled.',
      },
    )
