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
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { showOnce } from './webhooks.ts'

type WebhookDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes'>

export const webhookActionRoutes = (deps: WebhookDeps, routes: ScopedRoutes) => {
  const { endpoints, outbox } = deps.store
  const resource = { noun: 'webhook endpoint', present: presentWebhook, change: endpoints.change }

  return routes('/webhooks/:id', 'Webhooks')
    .post(
      '/rotate-secret',
      ({ params, command }) => {
        const secret = createSecret(deps.randomBytes(SECRET_BYTES))
        const sealed = deps.vault.seal('webhook-secret', secret)
        return command.change({ ...resource, ...showOnce(secret) }, params.id, (endpoint) =>
          decideRotation(endpoint, sealed, command.nowMs),
        )
      },
      {
        scope: 'webhooks:write',
        operationId: 'rotateWebhookSecret',
        body: NoBody,
        ...answers(WebhookWithSecret, 404, 409),
        summary: 'Replace the secret of a webhook endpoint',
        description: 'Deliveries are signed with both secrets for 24 hours.',
      },
    )
    .post(
      '/test',
      ({ params, command }) =>
        command.run(resource, (context) => endpoints.notify(params.id, context, decidePing)),
      {
        scope: 'webhooks:write',
        operationId: 'testWebhook',
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
        return command.run({ ...resource, present, actsBefore: true }, (context) =>
          outbox.recover(params.id, sinceMs, context),
        )
      },
      {
        scope: 'webhooks:write',
        operationId: 'recoverWebhookDeliveries',
        body: RecoverBody,
        ...answers(Recovered, 404, 409),
        summary: 'Resend what failed or was missed since a given time',
        description: 'The deliveries of a disabled endpoint are sent once it is enabled.',
      },
    )
}
