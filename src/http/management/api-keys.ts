import type { Deps } from '~/deps.ts'
import {
  buildApiKey,
  checkGrant,
  checkKeyExpiry,
  createToken,
  type ApiKey as DomainApiKey,
  decideApiKeyRevocation,
  TOKEN_RANDOM_BYTES,
} from '~/domain/api-keys.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { ApiKey, CreateApiKeyBody, CreatedApiKey, presentApiKey } from '~/wire/api-keys.ts'
import { listPage } from '~/wire/pages.ts'
import { created, noContent, pages } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

type ApiKeyDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes' | 'createId'>

export const apiKeyRoutes = (deps: ApiKeyDeps, routes: ScopedRoutes) => {
  const { store, vault } = deps
  const resource = { noun: 'API key', present: presentApiKey, change: store.apiKeys.change }

  return routes('/keys', 'API keys')
    .get('', ({ query }) => listPage('keys', query, presentApiKey, store.apiKeys.list), {
      scope: 'keys:read',
      operationId: 'listApiKeys',
      ...pages(ApiKey),
      summary: 'List API keys, newest first',
    })
    .post(
      '',
      ({ body, command }) => {
        checkGrant(command.caller, body.scopes)
        const { name, scopes, expires_at: expiresAt = null } = body
        const expiresAtMs = expiresAt === null ? null : parseTimestamp(expiresAt, '/expires_at')
        checkKeyExpiry(command.caller, expiresAtMs, command.nowMs)
        const given = { name, scopes, expiresAtMs, createdAtMs: command.nowMs }
        const apiKey = buildApiKey({ id: deps.createId('key'), ...given })
        const token = createToken(deps.randomBytes(TOKEN_RANDOM_BYTES))
        return command.create(resourceWithToken(token), (context) =>
          store.apiKeys.create(apiKey, vault.hashToken(token), context),
        )
      },
      {
        scope: 'keys:write',
        operationId: 'createApiKey',
        body: CreateApiKeyBody,
        ...created(CreatedApiKey, 409),
        summary: 'Create an API key',
        description:
          'Only this response contains the token. An API key can grant only scopes that it has, and ' +
          'a key that expires can create only keys that expire no later.',
      },
    )
    .delete(
      '/:id',
      ({ params, command }) =>
        command.delete(resource, params.id, (apiKey) =>
          decideApiKeyRevocation(apiKey, command.caller),
        ),
      {
        scope: 'keys:write',
        operationId: 'revokeApiKey',
        ...noContent(404, 409),
        summary: 'Revoke an API key',
      },
    )
}

/** Shows the token in the first response, but not in replays. */
const resourceWithToken = (token: string) => ({
  noun: 'API key',
  present: (apiKey: DomainApiKey) => ({ ...presentApiKey(apiKey), token }),
  redact: (shown: CreatedApiKey) => ({ ...shown, token: null }),
})
