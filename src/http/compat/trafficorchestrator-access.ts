import { TypeCompiler } from '@sinclair/typebox/compiler'
import {
  type ApiKey,
  buildApiKey,
  checkGrant,
  createToken,
  decideApiKeyRevocation,
  TOKEN_RANDOM_BYTES,
} from '~/domain/api-keys.ts'
import { createSecret, editEndpoint, parseEndpointUrl, SECRET_BYTES } from '~/domain/endpoints.ts'
import { ApiKeyBody, WebhookBody } from '~/wire/compat/trafficorchestrator.ts'
import {
  presentPortalKey,
  presentPortalWebhook,
  toScopes,
} from '~/wire/compat/trafficorchestrator-portal.ts'
import { buildEndpoint, checkPatterns } from '../management/webhooks.ts'
import { type CompatCall, type CompatReply, type CompatRoute, vendorRoute } from './api.ts'
import { readBodyAs } from './bodies.ts'
import type { CompatTools } from './tools.ts'

const LIST_MAX = 100
/** More endpoints than anyone has. */
const ENDPOINTS_MAX = 1000

const checks = {
  key: TypeCompiler.Compile(ApiKeyBody),
  webhook: TypeCompiler.Compile(WebhookBody),
}

/** API keys and webhooks. The clients for Python and Node.js have different paths for them. */
export const portalAccessRoutes: readonly CompatRoute[] = [
  ...['/api-keys', '/portal/api-keys'].flatMap((path) => [
    vendorRoute('GET', path, listKeys),
    vendorRoute('POST', path, createKey),
    vendorRoute('DELETE', `${path}/:id`, deleteKey),
  ]),
  ...['/webhooks/config', '/portal/webhooks'].flatMap((path) => [
    vendorRoute('GET', path, listWebhooks),
    vendorRoute('POST', path, setWebhook),
  ]),
]

async function listKeys(call: CompatCall, { deps, authorize }: CompatTools): Promise<CompatReply> {
  await authorize(call, 'keys:read')
  const { data } = await deps.store.apiKeys.list({ limit: LIST_MAX, after: null })
  return { status: 200, body: { keys: data.map(presentPortalKey) } }
}

async function createKey(call: CompatCall, { deps, authorize }: CompatTools): Promise<CompatReply> {
  const command = await authorize(call, 'keys:write')
  const { name, scopes: words } = readBodyAs(call, checks.key)
  const { caller, nowMs } = command
  const scopes = toScopes(words ?? ['read'])
  checkGrant(caller, scopes)
  // It must not outlive the key that creates it.
  const given = { name, scopes, expiresAtMs: caller.expiresAtMs, createdAtMs: nowMs }
  const apiKey = buildApiKey({ id: deps.createId('key'), ...given })
  const token = createToken(deps.randomBytes(TOKEN_RANDOM_BYTES))
  const body = await command.create(
    {
      noun: 'API key',
      present: (created: ApiKey) => ({ ...presentPortalKey(created), key: token }),
    },
    (context) => deps.store.apiKeys.create(apiKey, deps.vault.hashToken(token), context),
  )
  return { status: 201, body }
}

async function deleteKey(call: CompatCall, { deps, authorize }: CompatTools): Promise<CompatReply> {
  const command = await authorize(call, 'keys:write')
  const { change } = deps.store.apiKeys
  const resource = { noun: 'API key', present: () => null, change }
  await command.change(resource, call.params.id ?? '', (apiKey) =>
    decideApiKeyRevocation(apiKey, command.caller),
  )
  return { status: 200, body: { success: true } }
}

async function listWebhooks(
  call: CompatCall,
  { deps, authorize }: CompatTools,
): Promise<CompatReply> {
  await authorize(call, 'webhooks:read')
  const { data } = await deps.store.endpoints.list({ limit: LIST_MAX, after: null })
  return { status: 200, body: { configs: data.map(presentPortalWebhook) } }
}

/** Sets the events of the endpoint with this URL, or creates it. Only then is its secret shown. */
async function setWebhook(
  call: CompatCall,
  { deps, authorize }: CompatTools,
): Promise<CompatReply> {
  const command = await authorize(call, 'webhooks:write')
  const { endpoints } = deps.store
  const { events: patterns, ...body } = readBodyAs(call, checks.webhook)
  const events = checkPatterns(patterns ?? ['*'])
  const url = parseEndpointUrl(body.url, deps.addressGuard)
  const { data } = await endpoints.list({ limit: ENDPOINTS_MAX, after: null })
  const known = data.find((endpoint) => endpoint.url === url)
  if (known !== undefined) {
    const resource = {
      noun: 'webhook endpoint',
      present: presentPortalWebhook,
      change: endpoints.change,
    }
    const changed = await command.change(resource, known.id, (endpoint) =>
      editEndpoint(endpoint, { events }),
    )
    return { status: 200, body: { ...changed, secret: null } }
  }
  const secret = createSecret(deps.randomBytes(SECRET_BYTES))
  const endpoint = buildEndpoint(deps, { url, events: [...events] }, secret, command.nowMs)
  const created = await command.create(
    { noun: 'webhook endpoint', present: presentPortalWebhook },
    (context) => endpoints.create(endpoint, context),
  )
  return { status: 201, body: { ...created, secret } }
}
